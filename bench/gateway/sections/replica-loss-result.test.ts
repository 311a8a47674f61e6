import { expect, test } from '@jest/globals';
import { judge } from '../rounds/goal.ts';
import { type LossCounts, type LossSample, replicaLossResult } from './replica-loss-result.ts';

const loss = (change: Partial<LossSample> = {}): LossSample => ({
  fault: 'kill -9',
  ejectedAfterMs: 20,
  wronglyEjected: 0,
  requests: 200,
  retries: 4,
  ...change,
});
const counts: LossCounts = { sent: 1_000, failed: 0, brokenWell: 7, brokenBadly: 0, cut: 0 };
const verdicts = (samples: readonly LossSample[], change: Partial<LossCounts> = {}) =>
  replicaLossResult(samples, { ...counts, ...change }, []).rows.map((row) => judge(row).kind);

test('losses nobody noticed meet every goal', () => {
  const samples = [
    loss(),
    loss({ fault: 'half-open', ejectedAfterMs: 3_900 }),
    loss({ fault: 'slow answers', ejectedAfterMs: undefined }),
  ];
  expect(new Set(verdicts(samples))).toEqual(new Set(['met']));
});

test.each<{ name: string; samples: LossSample[]; change?: Partial<LossCounts>; missed: number }>([
  { name: 'one failed request', samples: [loss()], change: { failed: 1 }, missed: 0 },
  { name: 'one stream broken badly', samples: [loss()], change: { brokenBadly: 1 }, missed: 1 },
  {
    name: 'the worst of many quick ejections',
    samples: [loss(), loss({ fault: 'RST', ejectedAfterMs: 1_001 })],
    missed: 2,
  },
  { name: 'a frozen one found late', samples: [loss({ fault: 'SIGSTOP', ejectedAfterMs: 5_100 })], missed: 3 },
  { name: 'a healthy one ejected', samples: [loss({ wronglyEjected: 1 })], missed: 4 },
  { name: 'the round with the most retries', samples: [loss(), loss({ retries: 50 })], missed: 5 },
])('$name misses its goal', ({ samples, change, missed }) => {
  expect(verdicts(samples, change)[missed]).toBe('missed');
});

test('a kind of loss that did not happen is not measured, and never good', () => {
  expect(verdicts([loss()])[3]).toBe('unknown');
});

test('a lost replica that stays in is a problem; a slow one that stays is none', () => {
  const stays = { ejectedAfterMs: undefined };
  expect(replicaLossResult([loss(stays)], counts, []).problems).toEqual(['kill -9: the replica was not ejected']);
  expect(replicaLossResult([loss({ fault: 'slow answers', ...stays })], counts, []).problems).toEqual([]);
});
