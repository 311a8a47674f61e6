import type { Filter } from '../candidates.ts';

/** A preference, not a bound: a full replica still takes work when all are full. */
export const belowLimit: Filter = (replica, backend) =>
  backend.maxInFlightPerReplica === null || replica.inFlight < backend.maxInFlightPerReplica;
