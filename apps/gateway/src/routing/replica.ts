import type { SnapshotReplica } from '@signalbox/domain';
import { Pool } from 'undici';
import { freshHealth, type ReplicaHealth } from '../health/replica-health.ts';

/** One replica over its whole life at this gateway: it outlives the snapshots that name it. */
export class Replica {
  readonly id: string;
  readonly address: string;
  readonly pool: Pool;
  state: SnapshotReplica['state'];
  health: ReplicaHealth = freshHealth;
  inFlight = 0;
  healthPath: string;
  /** No snapshot names it any more: it finishes what runs and is forgotten. */
  gone = false;

  constructor(replica: SnapshotReplica, healthPath: string) {
    this.id = replica.id;
    this.address = replica.address;
    this.state = replica.state;
    this.healthPath = healthPath;
    this.pool = new Pool(`http://${replica.address}`, {
      // No limit: a pool that is full queues where nobody sees it. Limits are the router's business.
      connections: null,
      pipelining: 1,
      allowH2: false,
      connectTimeout: 1_000,
      // vLLM closes idle connections after 5 s: let go first, or a request meets a closing socket.
      keepAliveTimeout: 4_000,
      maxHeaderSize: 16_384,
      // The exchange keeps time itself, by the route's bounds.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}
