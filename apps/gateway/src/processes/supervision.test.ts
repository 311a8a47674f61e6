import { describe, expect, test } from '@jest/globals';
import { isHung, listeningSince, quickDeathsAfter, restartDelayMs } from './supervision.ts';

describe('how long a dead worker’s place stays empty', () => {
  test.each([
    { name: 'the first death costs no pause', lives: [3_600_000], want: 0 },
    { name: 'nor does one right after the start', lives: [100], want: 0 },
    { name: 'a second young death does', lives: [100, 100], want: 200 },
    { name: 'the pause doubles', lives: [100, 100, 100, 100], want: 800 },
    { name: 'up to a bound', lives: Array.from({ length: 30 }, () => 100), want: 10_000 },
    { name: 'one that has lived for a while forgets those before it', lives: [100, 100, 100, 10_000], want: 0 },
  ])('$name', ({ lives, want }) => {
    expect(restartDelayMs(lives.reduce(quickDeathsAfter, 0))).toBe(want);
  });
});

describe('a worker hangs', () => {
  const now = 100_000;
  test.each([
    { name: 'not while it speaks', heardAt: now - 500, want: false },
    { name: 'not within five seconds', heardAt: now - 5_000, want: false },
    { name: 'when it has been silent for longer', heardAt: now - 5_001, want: true },
    { name: 'not while it starts', heardAt: undefined, startedAt: now - 30_000, want: false },
    { name: 'when it never says a word', heardAt: undefined, startedAt: now - 30_001, want: true },
    { name: 'not by what the primary slept through', heardAt: now - 60_000, listeningFrom: now - 5_000, want: false },
    { name: 'when it stays silent after that', heardAt: now - 60_000, listeningFrom: now - 5_001, want: true },
  ])('$name', ({ heardAt, startedAt = 0, listeningFrom = 0, want }) => {
    expect(isHung({ startedAt, heardAt }, listeningFrom, now)).toBe(want);
  });

  test.each([
    { name: 'a watch in time changes nothing', watchedAt: 9_500, want: 1_000 },
    { name: 'a watch somewhat late neither', watchedAt: 8_000, want: 1_000 },
    { name: 'one that comes far too late starts to listen anew', watchedAt: 7_999, want: 10_000 },
  ])('$name', ({ watchedAt, want }) => {
    expect(listeningSince(1_000, watchedAt, 10_000)).toBe(want);
  });
});
