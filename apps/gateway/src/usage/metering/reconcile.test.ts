import { expect, test } from '@jest/globals';
import type { UsageRecord } from '@signalbox/domain';
import type { CallerView } from './metered-caller.fixture.ts';
import type { EngineAttempt } from './metered-engine.fixture.ts';
import { type Reconciliation, reconcile, type Witnessed } from './reconcile.fixture.ts';

const whole: CallerView = { ended: 'whole', status: 200, received: 7, isShownWrongUsage: false, isReplay: false };
const left: CallerView = { ...whole, ended: 'left', received: 3 };
const attempt: EngineAttempt = { port: 81, told: { input: 5, output: 7 }, tellsAsItRuns: true, ended: 'whole' };

function recordOf(exactness: UsageRecord['exactness'], input: number, output: number): UsageRecord {
  return {
    exactness,
    attempts: 1,
    replicaId: 'r-81',
    tokens: { input, cached: 0, output, reasoning: 0 },
  } as UsageRecord;
}

const exact = recordOf('exact', 5, 7);
const sound: Witnessed = {
  caller: whole,
  attempts: [attempt],
  records: [exact],
  again: undefined,
  atKill: false,
  isServed: true,
};

test.each<{ name: string; call: Partial<Witnessed>; wrong: Partial<Reconciliation['wrong']> }>([
  { name: 'a whole answer, booked as told', call: {}, wrong: {} },
  { name: 'no record of what an engine did', call: { records: [] }, wrong: { missing: 1 } },
  {
    name: 'no record of what was killed before it was read',
    call: { caller: { ...left, ended: 'cut' }, attempts: [], records: [], atKill: true },
    wrong: {},
  },
  { name: 'two records', call: { records: [exact, exact] }, wrong: { twice: 1 } },
  { name: 'a whole answer, booked wrongly', call: { records: [recordOf('exact', 4, 9)] }, wrong: { tokensOff: 3 } },
  {
    name: 'a whole answer without usage',
    call: { records: [recordOf('none', 0, 0)] },
    wrong: { inexact: 1, tokensOff: 12 },
  },
  {
    name: 'a first try that failed counts nothing',
    call: { attempts: [{ ...attempt, told: null, ended: 'failed' }, attempt] },
    wrong: {},
  },
  {
    name: 'a first try that was read after the second is not its answer',
    call: { attempts: [attempt, { ...attempt, port: 80, told: null, ended: 'left' }] },
    wrong: {},
  },
  {
    name: 'a caller that left, booked between what it had and what was told',
    call: { caller: left, records: [recordOf('partial', 5, 4)] },
    wrong: {},
  },
  {
    name: 'a caller that left, booked at less than it had',
    call: { caller: left, records: [recordOf('partial', 5, 2)] },
    wrong: { brokenOff: 1 },
  },
  {
    name: 'a caller that left, booked at more than was told',
    call: { caller: left, records: [recordOf('partial', 5, 9)] },
    wrong: { brokenOff: 2 },
  },
  { name: 'an estimate without a kill', call: { records: [recordOf('estimated', 9, 9)] }, wrong: { estimated: 1 } },
  {
    name: 'an estimate of what was in flight at the kill',
    call: { caller: { ...whole, ended: 'cut' }, records: [recordOf('estimated', 9, 9)], atKill: true },
    wrong: {},
  },
  { name: 'an answer that never came', call: { caller: { ...whole, status: 502 } }, wrong: { failed: 1 } },
  {
    name: 'an answer that never came after two tries',
    call: { caller: { ...whole, status: 502 }, records: [{ ...exact, attempts: 2 }] },
    wrong: {},
  },
  {
    name: 'a repetition that was done again',
    call: { again: { caller: whole, records: [exact] } },
    wrong: { doneAgain: 1, twice: 1 },
  },
  { name: 'usage that nobody asked for', call: { caller: { ...whole, isShownWrongUsage: true } }, wrong: { shown: 1 } },
])('$name', ({ call, wrong }) => {
  const found = reconcile([{ ...sound, ...call }]).wrong;
  expect(Object.fromEntries(Object.entries(found).filter(([, count]) => count !== 0))).toEqual(wrong);
});

test('tokens are summed up on both sides, and what was told and not read any more beside them', () => {
  const broken: Witnessed = { ...sound, caller: left, records: [recordOf('partial', 5, 4)] };
  expect(reconcile([sound, broken])).toMatchObject({ tokensTold: 24, tokensBooked: 21, tokensUnread: 3 });
});
