import { describe, expect, test } from '@jest/globals';
import { requests } from '../../../testkit/src/builders/index.ts';
import type { Assessment } from './assess.ts';
import { nextAction, type RolloutAction } from './next-action.ts';
import type { GateVerdict } from './phase.ts';
import type { RolloutCommand } from './rollout-world.ts';

const verdict: GateVerdict = {
  kind: 'rollBack',
  because: 'errors',
  inputs: { candidate: requests(20), stable: requests(20), at: 0 },
};
const command: RolloutCommand = { seq: 7, kind: 'advance', actor: 'ada', reason: null };
const wait = { kind: 'wait', verdict: null } as const;

describe('what a rollout does next', () => {
  test.each<{ name: string; seen: Assessment; want: RolloutAction }>([
    { name: 'nothing, when it is finished', seen: { kind: 'finished' }, want: { kind: 'none' } },
    { name: 'what it was told', seen: { kind: 'commanded', command }, want: { kind: 'obey', command } },
    { name: 'gives way to a newer spec', seen: { kind: 'superseded' }, want: { kind: 'supersede' } },
    {
      name: 'orders replicas for its first weight',
      seen: { kind: 'planned', share: 500 },
      want: { kind: 'provision', share: 500 },
    },
    {
      name: 'orders replicas that were never ordered',
      seen: { kind: 'underprovisioned', share: 2_500 },
      want: { kind: 'provision', share: 2_500 },
    },
    {
      name: 'begins its first step when replicas are there',
      seen: { kind: 'provisioned' },
      want: { kind: 'beginStep', next: 'first', verdict: null },
    },
    {
      name: 'moves traffic when a weight is due',
      seen: { kind: 'weightDue', weight: 500, reached: true },
      want: { kind: 'shiftTraffic', weight: 500, reached: true },
    },
    {
      name: 'takes traffic away when replicas are lost',
      seen: { kind: 'weightDue', weight: 100, reached: false },
      want: { kind: 'shiftTraffic', weight: 100, reached: false },
    },
    {
      name: 'begins the following step with the evidence of the last',
      seen: { kind: 'stepPassed', verdict },
      want: { kind: 'beginStep', next: 'following', verdict },
    },
    { name: 'promotes what has passed every step', seen: { kind: 'promotable' }, want: { kind: 'promote' } },
    {
      name: 'rolls back what is bad, with the evidence',
      seen: { kind: 'bad', because: 'errors', verdict },
      want: { kind: 'rollBack', because: 'errors', verdict },
    },
    { name: 'takes capacity away once traffic is back', seen: { kind: 'returned' }, want: { kind: 'finishRollBack' } },
    {
      name: 'waits while the cluster is silent',
      seen: { kind: 'unknown', message: 'silent' },
      want: { ...wait, ms: 5_000, message: 'silent' },
    },
    { name: 'waits while paused', seen: { kind: 'paused' }, want: { ...wait, ms: 1_000, message: 'paused' } },
    {
      name: 'waits for replicas, and says why',
      seen: { kind: 'short', message: 'no GPU' },
      want: { ...wait, ms: 1_000, message: 'no GPU' },
    },
    {
      name: 'looks again after a second in a long hold',
      seen: { kind: 'holding', ms: 60_000, message: 'holding', verdict },
      want: { kind: 'wait', ms: 1_000, message: 'holding', verdict },
    },
    {
      name: 'wakes when a short hold ends',
      seen: { kind: 'holding', ms: 40, message: 'holding', verdict: null },
      want: { ...wait, ms: 40, message: 'holding' },
    },
    {
      name: 'waits for an approval, and says whose',
      seen: { kind: 'awaitingApproval', role: 'release-manager' },
      want: { ...wait, ms: 1_000, message: 'waiting for an approval by release-manager' },
    },
    {
      name: 'waits until gateways have let go',
      seen: { kind: 'acknowledging' },
      want: { ...wait, ms: 250, message: 'waiting for gateways to acknowledge' },
    },
  ])('$name', ({ seen, want }) => {
    expect(nextAction(seen, 'rollback')).toEqual(want);
  });

  test('a bad rollout only pauses where the policy says so', () => {
    const seen: Assessment = { kind: 'bad', because: 'errors', verdict };
    expect(nextAction(seen, 'pause')).toEqual({ kind: 'pause', because: 'errors', verdict });
  });
});
