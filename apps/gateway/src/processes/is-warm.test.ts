import { expect, test } from '@jest/globals';
import type { ReplicaReport, TrafficReport } from '@signalbox/domain';
import { isWarm } from './is-warm.ts';

const now = 10_000;
const replica = (replicaId: string, change: Partial<ReplicaReport> = {}): ReplicaReport => ({
  replicaId,
  admitted: true,
  inFlight: 0,
  ejected: false,
  ...change,
});
const report = (...replicas: ReplicaReport[]): TrafficReport => ({ replicas, revisions: [], routes: [] });

test.each<{ name: string; own: TrafficReport | undefined; others: TrafficReport[]; appliedAt?: number; want: boolean }>(
  [
    { name: 'alone it serves with what it has', own: undefined, others: [], want: true },
    { name: 'it has not told anything yet', own: undefined, others: [report()], want: false },
    { name: 'it admits what the others admit', own: report(replica('a')), others: [report(replica('a'))], want: true },
    {
      name: 'it has not reached a replica that another sends to',
      own: report(replica('a'), replica('b', { admitted: false })),
      others: [report(replica('a')), report(replica('b'))],
      want: false,
    },
    {
      name: 'a replica that it does not know yet counts too',
      own: report(replica('a')),
      others: [report(replica('a'), replica('b'))],
      want: false,
    },
    {
      name: 'what the others do not admit or have ejected need not be reached',
      own: report(replica('a')),
      others: [report(replica('a'), replica('b', { admitted: false }), replica('c', { ejected: true }))],
      want: true,
    },
    {
      name: 'it has tried and found a replica dead that the others still believe in',
      own: report(replica('a', { admitted: false, ejected: true })),
      others: [report(replica('a'))],
      want: true,
    },
    {
      name: 'it does not wait for a lost replica for ever',
      own: report(replica('a', { admitted: false })),
      others: [report(replica('a'))],
      appliedAt: now - 5_000,
      want: true,
    },
  ],
)('$name', ({ own, others, appliedAt = now, want }) => {
  expect(isWarm({ report: own, appliedAt }, others, now)).toBe(want);
});
