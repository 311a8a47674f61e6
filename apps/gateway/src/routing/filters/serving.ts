import type { Filter } from '../candidates.ts';

/** `admitting` gets no traffic yet, `draining` none any more. */
export const serving: Filter = (replica) => replica.state === 'serving';
