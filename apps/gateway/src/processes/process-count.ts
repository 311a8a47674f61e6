import { availableParallelism } from 'node:os';

/** How many workers there are to be: 0 is none beside the main process, which then carries requests itself. */
export function workersWanted(wanted: number | 'auto'): number {
  return wanted === 'auto' ? availableParallelism() : wanted;
}
