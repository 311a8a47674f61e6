import type { Filter } from '../candidates.ts';

/** The engine has the adapter that is asked for; one that has not said yet may have it. */
export const hasAdapter: Filter = ({ adapters }, _, { adapter }) =>
  adapter === undefined || adapters === null || adapters.has(adapter);
