import { describe, expect, test } from '@jest/globals';
import { type Doubt, dueInDoubt, msToNextCheck } from './check-pace.ts';

const ejectedUntil = (until: number) => ({ ejection: { because: 'silence' as const, at: 0, until } });
const healthy = { ejection: null };

describe('the next check', () => {
  test.each<{ name: string; health: Parameters<typeof msToNextCheck>[0]; random: number; want: number }>([
    { name: 'comes about a second later', health: healthy, random: 0.5, want: 1_000 },
    { name: 'a tenth earlier at the most', health: healthy, random: 0, want: 900 },
    { name: 'comes when the back-off ends', health: ejectedUntil(5_400), random: 0.5, want: 401 },
    {
      name: 'never before it has ended, by a fraction of a millisecond',
      health: ejectedUntil(5_400.3),
      random: 0.5,
      want: 402,
    },
    { name: 'does not stop during a long back-off', health: ejectedUntil(35_000), random: 0.5, want: 1_000 },
    { name: 'has its usual pace after it', health: ejectedUntil(4_000), random: 0.5, want: 1_000 },
  ])('$name', ({ health, random, want }) => {
    expect(msToNextCheck(health, 5_000, random)).toBe(want);
  });
});

describe('a check in doubt', () => {
  test.each<{ name: string; unanswered?: number; dueAt?: number; doubt: Doubt; now: number; want: number }>([
    {
      name: 'a failure is looked into a quarter of a second after the last check',
      doubt: 'failure',
      now: 5_100,
      want: 5_250,
    },
    { name: 'or at once', doubt: 'failure', now: 5_600, want: 5_600 },
    { name: 'also while another check waits', doubt: 'failure', unanswered: 1, now: 5_600, want: 5_600 },
    { name: 'silence half a second after it', doubt: 'silence', now: 5_100, want: 5_500 },
    { name: 'silence asks nothing while a check waits', doubt: 'silence', unanswered: 1, now: 5_600, want: 6_000 },
    { name: 'a check that is due soon is not put off', doubt: 'failure', dueAt: 5_120, now: 5_100, want: 5_120 },
  ])('$name', ({ unanswered = 0, dueAt = 6_000, doubt, now, want }) => {
    expect(dueInDoubt({ startedAt: 5_000, unanswered, dueAt }, doubt, now)).toBe(want);
  });
});
