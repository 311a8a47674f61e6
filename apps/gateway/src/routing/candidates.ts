import type { SnapshotBackend } from '@signalbox/domain';
import type { ReplicaHealth } from '../health/replica-health.ts';
import type { Replica } from './replica.ts';

/** What filters, scorers and pickers may look at. */
export interface Candidate {
  readonly id: string;
  readonly state: Replica['state'];
  readonly health: Pick<ReplicaHealth, 'admitted' | 'ejection'>;
  readonly inFlight: number;
}

type BackendLimits = Pick<SnapshotBackend, 'maxInFlightPerReplica'>;

/** Whether a replica may take this request. */
export type Filter = (replica: Candidate, backend: BackendLimits) => boolean;

/** How well a replica suits this request, from 0 to 1, beside those it competes with. */
export type Scorer = (replica: Candidate, competitors: readonly Candidate[]) => number;

/** Chooses by score; `turn` differs from request to request and breaks ties. */
export type Picker = <C extends Candidate>(
  candidates: readonly C[],
  scores: readonly number[],
  turn: number,
) => C | undefined;
