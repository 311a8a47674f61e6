import { expect, test } from '@jest/globals';
import type { MeteringRun } from '../../../apps/gateway/src/usage/metering/metering-run.fixture.ts';
import { meteringResult } from './metering-result.ts';

const fine: MeteringRun['wrong'] = {
  missing: 0,
  twice: 0,
  tokensOff: 0,
  brokenOff: 0,
  estimated: 0,
  inexact: 0,
  shown: 0,
  failed: 0,
  doneAgain: 0,
};

function runOf(wrong: Partial<MeteringRun['wrong']>, change: Partial<MeteringRun> = {}): MeteringRun {
  const counts = { calls: 100, exact: 80, partial: 10, none: 5, estimated: 3, atKills: 5 };
  const tokens = { tokensTold: 9_000, tokensBooked: 8_990, tokensUnread: 10 };
  return {
    ...counts,
    ...tokens,
    answersLost: 1,
    batchesRefused: 1,
    seconds: 2,
    wrong: { ...fine, ...wrong },
    ...change,
  };
}

const values = (run: MeteringRun, four = runOf({})) =>
  meteringResult(run, four).rows.map(({ measured }) => (measured.kind === 'measured' ? measured.value : undefined));

test('a sound run is all zeros and no problem', () => {
  expect(values(runOf({}))).toEqual([0, 0, 0, 0]);
  expect(meteringResult(runOf({}), runOf({})).problems).toEqual([]);
});

test('tokens, records and estimates are told apart', () => {
  expect(values(runOf({ tokensOff: 3, brokenOff: 2, inexact: 1, missing: 4, twice: 1, estimated: 7 }))).toEqual([
    6, 5, 7, 0,
  ]);
});

test('all that is wrong with four processes is one number', () => {
  expect(values(runOf({}), runOf({ tokensOff: 3, missing: 4, estimated: 5 }))).toEqual([0, 0, 0, 12]);
});

test.each<{ name: string; run: MeteringRun }>([
  { name: 'requests that failed', run: runOf({ failed: 1 }) },
  { name: 'usage shown to who did not ask', run: runOf({ shown: 1 }) },
  { name: 'repeated requests that were done again', run: runOf({ doneAgain: 1 }) },
  { name: 'a run in which nobody left', run: runOf({}, { partial: 0 }) },
  { name: 'a run without a kill', run: runOf({}, { atKills: 0, estimated: 0 }) },
  { name: 'more estimates than there were requests in flight', run: runOf({}, { estimated: 6 }) },
])('$name is a problem', ({ run }) => {
  expect(meteringResult(run, runOf({})).problems).toHaveLength(1);
  expect(meteringResult(runOf({}), run).problems).toHaveLength(1);
});
