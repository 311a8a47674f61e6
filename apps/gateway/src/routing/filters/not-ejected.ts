import type { Filter } from '../candidates.ts';

export const notEjected: Filter = (replica) => replica.health.ejection === null;
