import type { Filter } from '../candidates.ts';

/** This gateway has reached it at least once. */
export const admitted: Filter = (replica) => replica.health.admitted;
