import type { EngineClock } from './clock.ts';

export type ManualClock = EngineClock & { advance(ms: number): void };

/** A clock that stands still until it is moved; due work runs in order of its time, each at that very time. */
export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let now = startMs;
  let due: { at: number; run: () => void }[] = [];
  return {
    nowMs: () => now,
    after(delayMs, run) {
      const entry = { at: now + Math.max(0, delayMs), run };
      due.push(entry);
      return () => {
        due = due.filter((other) => other !== entry);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = due.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due = due.filter((entry) => entry !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
}
