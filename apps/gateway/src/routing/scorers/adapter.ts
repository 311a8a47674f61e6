import type { Scorer } from '../candidates.ts';
import { byReading } from './by-reading.ts';

const hasRoom = 0.8;
const isAwaited = 0.6;

const scoreInUse = byReading(({ adapters }, { adapter }) => {
  if (adapters === null || adapter === undefined) return null;
  const { running, waiting, most } = adapters;
  if (running.includes(adapter)) return 1;
  if (waiting.includes(adapter)) return isAwaited;
  return most === null || running.length + waiting.length < most ? hasRoom : 0;
});

/**
 * 1 where the LoRA adapter is in use; less where there is room for one more, which has to be loaded; less where others
 * wait for it; 0 where it would push another one out. The steps are those of the Gateway API's inference extension.
 */
export const adapter: Scorer = (competitors, request, scores) => {
  if (request.adapter === undefined) scores.fill(0, 0, competitors.length);
  else scoreInUse(competitors, request, scores);
};
