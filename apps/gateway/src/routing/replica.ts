import type { SnapshotReplica } from '@signalbox/domain';
import { freshHealth, type ReplicaHealth } from '../health/replica-health.ts';
import type { ReplicaConnections } from '../upstream/replica-connections.ts';

/** One replica over its whole life at this gateway: it outlives the snapshots that name it. */
export class Replica {
  readonly id: string;
  readonly address: string;
  readonly connections: ReplicaConnections;
  state: SnapshotReplica['state'];
  health: ReplicaHealth = freshHealth;
  inFlight = 0;
  healthPath: string;
  /** No snapshot names it any more: it finishes what runs and is forgotten. */
  gone = false;

  constructor(replica: SnapshotReplica, healthPath: string, connections: ReplicaConnections) {
    this.id = replica.id;
    this.address = replica.address;
    this.state = replica.state;
    this.healthPath = healthPath;
    this.connections = connections;
  }
}
