import type { Case } from './case.ts';
import type { Dice } from './dice.ts';

/** A reader of ours beside one that others trust. */
export interface Subject {
  readonly name: string;
  /** How many messages our reader took to the end: a run in which it took next to none shows nothing. */
  readonly taken: number;
  make(dice: Dice): Case;
  /** For each case what ours accepts and the other frames differently or refuses; undefined where they agree. */
  compare(cases: readonly Case[]): Promise<(string | undefined)[]>;
  close(): void;
}
