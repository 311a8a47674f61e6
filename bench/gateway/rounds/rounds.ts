import { spreadOf } from '../../measure/quantiles.ts';
import type { Measured } from './goal.ts';

/** One value per round, of contenders that took turns. */
export type Rounds = readonly number[];

/** Beyond this, what was measured on the machine is mostly the machine. */
const noisyAbove = 0.15;

/** Median and range. */
export function measured(rounds: Rounds, because = 'no round was measured'): Measured {
  const spread = spreadOf(rounds);
  if (spread === undefined) return { kind: 'notMeasured', because };
  return { kind: 'measured', value: spread.p50, low: spread.min, high: spread.max };
}

/** Of counts that have to be zero, all rounds together. */
export function total(rounds: Rounds): Measured {
  if (rounds.length === 0) return { kind: 'notMeasured', because: 'no round was measured' };
  const value = rounds.reduce((sum, count) => sum + count, 0);
  return { kind: 'measured', value, low: value, high: value };
}

/** Round by round: only neighbours in time are compared, for the machine is another one a minute later. */
export function perRound(ours: Rounds, theirs: Rounds, compare: (ours: number, theirs: number) => number): number[] {
  return ours.flatMap((value, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [compare(value, other)];
  });
}

export const ratio = (ours: number, theirs: number): number => ours / theirs;
export const difference = (ours: number, theirs: number): number => ours - theirs;

/** The smallest of several contenders, in each round. */
export function bestOf(all: readonly Rounds[]): number[] {
  const rounds = Math.min(...all.map((values) => values.length));
  if (!Number.isFinite(rounds)) return [];
  return Array.from({ length: rounds }, (_, round) => Math.min(...all.map((values) => values[round] ?? Infinity)));
}

/** Widest distance between rounds, as a share of the median; undefined where nothing was measured. */
export function spreadShare(rounds: Rounds): number | undefined {
  const spread = spreadOf(rounds);
  return spread === undefined ? undefined : (spread.max - spread.min) / spread.p50;
}

export function isNoisy(share: number | undefined): boolean {
  return share === undefined || share > noisyAbove;
}
