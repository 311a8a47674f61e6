import type { Case } from './case.ts';
import { Dice } from './dice.ts';
import { minimise } from './minimise.ts';
import type { Subject } from './subject.ts';
import { Bodies } from './subjects/bodies.ts';
import { Callers } from './subjects/callers.ts';
import { Engines } from './subjects/engines.ts';

/** Cases that run beside each other: what costs time is waiting for a turn of the event loop. */
const together = 50;

export interface Found {
  subject: string;
  index: number;
  difference: string;
  smallest: Case;
}

export function subjects(): readonly Subject[] {
  return [new Callers(), new Engines(), new Bodies()];
}

/** Runs the next cases of one subject, and makes small those that are handled differently. */
export async function fuzzBatch(subject: Subject, seed: number, from: number): Promise<Found[]> {
  const cases = Array.from({ length: together }, (_, index) => subject.make(Dice.ofCase(seed, from + index)));
  const differences = await subject.compare(cases);
  const found: Found[] = [];
  for (const [index, difference] of differences.entries()) {
    if (difference === undefined) continue;
    const smallest = await minimise(subject, cases[index] as Case);
    const [again] = await subject.compare([smallest]);
    found.push({ subject: subject.name, index: from + index, difference: again ?? difference, smallest });
  }
  return found;
}

export const casesPerBatch = together;
