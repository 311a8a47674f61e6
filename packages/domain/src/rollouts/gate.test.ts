import { describe, expect, test } from '@jest/globals';
import { at, requests } from '../../../testkit/src/builders/index.ts';
import type { GatePolicy } from '../deployments/deployment-spec.ts';
import { gate, wilsonLowerBound } from './gate.ts';
import type { GateVerdict, RevisionCounts } from './phase.ts';
import { NO_COUNTS } from './revision-counts.ts';

const policy: GatePolicy = { minRequests: 20, maxErrorRateIncrease: 0.02, maxTtftIncrease: 0.2, onNoData: 'wait' };
/** p95 lies 95 % into the bucket from 400 to 600 ms: 590 ms. */
const around500 = requests(400, { ttftMs: [500] });

describe('the gate', () => {
  test.each<{
    name: string;
    candidate: RevisionCounts;
    stable: RevisionCounts;
    policy?: Partial<GatePolicy>;
    want: GateVerdict['kind'];
    because?: string | RegExp;
  }>([
    { name: 'waits without data', candidate: NO_COUNTS, stable: requests(900), want: 'wait' },
    {
      name: 'waits for the least number of requests, however bad they are',
      candidate: requests(19, { errors: 19 }),
      stable: requests(900),
      want: 'wait',
      because: '19 of 20 requests seen on the new revision',
    },
    {
      name: 'goes on from the least number of requests on',
      candidate: requests(20),
      stable: requests(900),
      want: 'goOn',
    },
    {
      name: 'waits at one error in 20 requests: that may be chance',
      candidate: requests(20, { errors: 1 }),
      stable: requests(900),
      want: 'wait',
      because: /too few requests to be sure/,
    },
    {
      name: 'rolls back at four errors in 20 requests: that is no chance',
      candidate: requests(20, { errors: 4 }),
      stable: requests(900),
      want: 'rollBack',
      because: 'error rate 20.0 % against 0.0 % on the stable revision (allowed: 2.0 %)',
    },
    {
      name: 'goes on when the excess is within what is allowed',
      candidate: requests(1_000, { errors: 20 }),
      stable: requests(900),
      want: 'goOn',
    },
    {
      name: 'rolls back at the same rate that one error in 20 had, once requests are many',
      candidate: requests(1_000, { errors: 50 }),
      stable: requests(900),
      want: 'rollBack',
    },
    {
      name: 'goes on when the stable revision fails as often',
      candidate: requests(1_000, { errors: 100 }),
      stable: requests(9_000, { errors: 900 }),
      want: 'goOn',
    },
    {
      name: 'compares with no errors where the stable revision had no requests',
      candidate: requests(100, { errors: 30 }),
      stable: NO_COUNTS,
      want: 'rollBack',
    },
    {
      name: 'rolls back when first tokens come much later',
      candidate: requests(100, { ttftMs: [900] }),
      stable: around500,
      want: 'rollBack',
      because: 'p95 time to first token 990 ms against 590 ms (allowed: 708 ms)',
    },
    {
      name: 'goes on when first tokens come as early',
      candidate: requests(100, { ttftMs: [500] }),
      stable: around500,
      want: 'goOn',
    },
    {
      name: 'waits when a few streams were late: that is what a busy machine looks like',
      candidate: requests(20, { ttftMs: [...Array(9).fill(500), 900] }),
      stable: around500,
      want: 'wait',
      because: /too few streams to be sure/,
    },
    {
      name: 'does not look at first tokens where the policy says so',
      candidate: requests(100, { ttftMs: [900] }),
      stable: around500,
      policy: { maxTtftIncrease: null },
      want: 'goOn',
    },
    {
      name: 'takes less than 20 ms for the machine’s noise, whatever the factor says',
      candidate: requests(100, { ttftMs: [15] }),
      stable: requests(400, { ttftMs: [4] }),
      want: 'goOn',
    },
    {
      name: 'takes more than 20 ms for a difference',
      candidate: requests(100, { ttftMs: [35] }),
      stable: requests(400, { ttftMs: [4] }),
      want: 'rollBack',
      because: 'p95 time to first token 40 ms against 5 ms (allowed: 25 ms)',
    },
    {
      name: 'does not compare with a stable revision that streamed too little',
      candidate: requests(100, { ttftMs: [900] }),
      stable: requests(19, { ttftMs: [500] }),
      want: 'goOn',
    },
    {
      name: 'does not judge a new revision by a single stream',
      candidate: { ...requests(100), ttftCounts: requests(1, { ttftMs: [900] }).ttftCounts },
      stable: around500,
      want: 'goOn',
    },
    {
      name: 'looks at errors before first tokens',
      candidate: requests(100, { errors: 50, ttftMs: [900] }),
      stable: around500,
      want: 'rollBack',
      because: /^error rate/,
    },
  ])('$name', ({ candidate, stable, policy: change, want, because }) => {
    const verdict = gate({ ...policy, ...change }, candidate, stable, at('12:00'));
    expect(verdict.kind).toBe(want);
    if (typeof because === 'string') expect(verdict.because).toBe(because);
    else if (because !== undefined) expect(verdict.because).toMatch(because);
  });

  test('a flawless revision goes on after any number of requests, also where no increase is allowed', () => {
    for (let count = 20; count < 2_000; count++) {
      expect(gate({ ...policy, maxErrorRateIncrease: 0 }, requests(count), requests(900), 0).kind).toBe('goOn');
    }
  });

  test('a verdict recomputes from the inputs that it stores', () => {
    const verdict = gate(policy, requests(100, { errors: 30, ttftMs: [900] }), around500, at('12:00'));
    const { candidate, stable, at: decidedAt } = verdict.inputs;
    expect(gate(policy, candidate, stable, decidedAt)).toEqual(verdict);
  });
});

describe('Wilson’s lower bound', () => {
  // 97.5 % one-sided, by hand and as tables of the score interval have it.
  test.each<{ hits: number; trials: number; want: number }>([
    { hits: 0, trials: 0, want: 0 },
    { hits: 0, trials: 20, want: 0 },
    { hits: 1, trials: 20, want: 0.0089 },
    { hits: 1, trials: 10, want: 0.0179 },
    { hits: 5, trials: 10, want: 0.2366 },
    { hits: 10, trials: 10, want: 0.7225 },
    { hits: 50, trials: 100, want: 0.4038 },
    { hits: 50, trials: 1_000, want: 0.0381 },
  ])('of $hits in $trials is $want', ({ hits, trials, want }) => {
    expect(wilsonLowerBound(hits, trials)).toBeCloseTo(want, 4);
  });

  test('never exceeds the rate itself', () => {
    for (let trials = 1; trials < 200; trials++) {
      for (let hits = 0; hits <= trials; hits++) {
        expect(wilsonLowerBound(hits, trials)).toBeLessThanOrEqual(hits / trials + Number.EPSILON);
      }
    }
  });
});
