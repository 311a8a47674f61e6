import { describe, expect, test } from '@jest/globals';
import { Shedding } from './shedding.ts';

describe('shedding connections', () => {
  test.each([
    { name: 'nobody while the process stays', begun: [], now: 9_000, gone: [] },
    { name: 'all of them at once', begun: [{ at: 0, overMs: 0 }], now: 0, gone: [0, 0.5, 0.99] },
    { name: 'one after the other', begun: [{ at: 1_000, overMs: 1_000 }], now: 1_600, gone: [0, 0.5] },
    { name: 'all when the time is over', begun: [{ at: 1_000, overMs: 1_000 }], now: 2_000, gone: [0, 0.5, 0.99] },
    {
      name: 'those that are left at once, when the process is then told to stop',
      begun: [
        { at: 0, overMs: 1_000 },
        { at: 100, overMs: 0 },
      ],
      now: 100,
      gone: [0, 0.5, 0.99],
    },
    {
      name: 'not later because it was asked for twice',
      begun: [
        { at: 0, overMs: 1_000 },
        { at: 900, overMs: 1_000 },
      ],
      now: 1_000,
      gone: [0, 0.5, 0.99],
    },
  ])('$name', ({ begun, now, gone }) => {
    let clock = 0;
    const shedding = new Shedding({ now: () => clock, random: () => 0 });
    for (const { at, overMs } of begun) {
      clock = at;
      shedding.begin(overMs);
    }
    clock = now;
    expect([0, 0.5, 0.99].filter((turn) => shedding.isTurnOf(turn))).toEqual(gone);
  });
});
