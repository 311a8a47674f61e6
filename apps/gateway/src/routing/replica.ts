import type { SnapshotReplica } from '@signalbox/domain';
import { findEngine } from '@signalbox/engines';
import type { LoadReading } from '../health/load-reading.ts';
import { freshHealth, type ReplicaHealth } from '../health/replica-health.ts';
import type { ReplicaConnections } from '../upstream/replica-connections.ts';
import { hashText } from './hash.ts';
import { OutstandingPrompts } from './outstanding-prompts.ts';

const noAdapters: ReadonlySet<string> = new Set();

/** What its revision says of a replica. */
interface Serves {
  readonly engine: string;
  readonly servedModelName: string;
  readonly healthPath: string;
}

/** One replica over its whole life at this gateway: it outlives the snapshots that name it. */
export class Replica {
  readonly id: string;
  readonly idHash: number;
  readonly engine: string;
  readonly servedModelName: string;
  readonly address: string;
  readonly connections: ReplicaConnections;
  state: SnapshotReplica['state'];
  health: ReplicaHealth = freshHealth;
  /** Requests of callers. */
  inFlight = 0;
  /** Copies that nobody waits for: no part of its load, for whoever places requests or counts them. */
  shadowCopies = 0;
  /** When anything came from it last, on the monotonic clock. */
  heardAt = 0;
  readonly prompts = new OutstandingPrompts();
  load: LoadReading | null = null;
  /** LoRA adapters that its engine has beside its model. Null: it has not said yet. */
  adapters: ReadonlySet<string> | null;
  /** Its number in the prefix index. */
  slot: number | undefined = undefined;
  healthPath: string;
  /** No snapshot names it any more: it finishes what runs and is forgotten. */
  gone = false;

  constructor(replica: SnapshotReplica, serves: Serves, connections: ReplicaConnections) {
    this.id = replica.id;
    this.idHash = hashText(replica.id);
    this.engine = serves.engine;
    this.servedModelName = serves.servedModelName;
    this.address = replica.address;
    this.state = replica.state;
    this.healthPath = serves.healthPath;
    this.adapters = findEngine(serves.engine)?.adapters === undefined ? noAdapters : null;
    this.connections = connections;
  }

  get outstandingTokens(): number {
    return this.prompts.tokens;
  }
}
