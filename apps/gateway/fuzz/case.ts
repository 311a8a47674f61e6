import type { Dice } from './dice.ts';

/** Bytes as they come out of a connection. */
export interface Case {
  readonly bytes: Buffer;
  /** Where one read ends and the next begins, rising. */
  readonly cuts: readonly number[];
  /** Requests are answered a moment after they came, so that what follows them waits. */
  readonly isLate: boolean;
}

export function readsOf({ bytes, cuts }: Case): Buffer[] {
  const reads: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (cut > from) reads.push(bytes.subarray(from, cut));
    from = Math.max(from, cut);
  }
  return reads;
}

const none: readonly number[] = [];

/** One read as often as several; cuts prefer line ends, where parsers change their state. */
export function randomCuts(dice: Dice, bytes: Buffer): readonly number[] {
  if (dice.chance(0.5) || bytes.length < 2) return none;
  if (bytes.length < 120 && dice.chance(0.1)) return everyByte(bytes);
  const cuts = new Set<number>();
  const number = 1 + dice.below(4);
  for (let made = 0; made < number; made++) {
    let at = 1 + dice.below(bytes.length - 1);
    if (dice.chance(0.5)) {
      const lineEnd = bytes.indexOf(10, at);
      if (lineEnd > 0) at = lineEnd - 1 + dice.below(3);
    }
    if (at > 0 && at < bytes.length) cuts.add(at);
  }
  return [...cuts].sort((a, b) => a - b);
}

export function everyByte(bytes: Buffer): number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
}
