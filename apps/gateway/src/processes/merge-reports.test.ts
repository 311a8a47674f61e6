import { describe, expect, test } from '@jest/globals';
import type { ReplicaReport, RevisionReport, TrafficReport } from '@signalbox/domain';
import { mergeReports, noTraffic, withDeparted } from './merge-reports.ts';

const replica = (change: Partial<ReplicaReport> = {}): ReplicaReport => ({
  replicaId: 'r-1',
  admitted: true,
  inFlight: 0,
  ejected: false,
  ...change,
});
const revision = (requests: number, change: Partial<RevisionReport> = {}): RevisionReport => ({
  routeId: 'route-1',
  revisionId: 'rev-1',
  requests,
  errors: 1,
  rescued: 1,
  cancelled: 2,
  ttft: { counts: [requests, requests + 1], sumMs: 10 * requests, count: requests + 1 },
  outputTokens: 100 * requests,
  ...change,
});
const report = (change: Partial<TrafficReport>): TrafficReport => ({ ...noTraffic, ...change });
const replicas = (...rows: ReplicaReport[]): TrafficReport => report({ replicas: rows });

describe('a replica as the gateway sees it', () => {
  test.each<{ name: string; serving: TrafficReport[]; leaving?: TrafficReport[]; want: ReplicaReport[] }>([
    { name: 'nobody knows it', serving: [noTraffic], want: [] },
    { name: 'all admit it', serving: [replicas(replica()), replicas(replica())], want: [replica()] },
    {
      name: 'one has not reached it',
      serving: [replicas(replica()), replicas(replica({ admitted: false }))],
      want: [replica({ admitted: false })],
    },
    {
      name: 'one has not heard of it',
      serving: [replicas(replica()), noTraffic],
      want: [replica({ admitted: false })],
    },
    {
      name: 'one ejects it',
      serving: [replicas(replica()), replicas(replica({ ejected: true }))],
      want: [replica({ ejected: true })],
    },
    {
      name: 'work in flight adds up, also that of workers that leave',
      serving: [replicas(replica({ inFlight: 2 })), replicas(replica({ inFlight: 3 }))],
      leaving: [replicas(replica({ inFlight: 4 }))],
      want: [replica({ inFlight: 9 })],
    },
    {
      name: 'a worker that leaves has no say in whether it is admitted or ejected',
      serving: [replicas(replica())],
      leaving: [replicas(replica({ admitted: false, ejected: true }))],
      want: [replica()],
    },
    {
      name: 'only a worker that leaves still knows it',
      serving: [noTraffic],
      leaving: [replicas(replica({ inFlight: 1 }))],
      want: [replica({ admitted: false, inFlight: 1 })],
    },
    {
      name: 'while no worker serves nothing is admitted',
      serving: [],
      leaving: [replicas(replica())],
      want: [replica({ admitted: false })],
    },
  ])('$name', ({ serving, leaving = [], want }) => {
    expect(mergeReports({ serving, leaving, departed: noTraffic }).replicas).toEqual(want);
  });
});

describe('counts', () => {
  test('add up over all workers, those that leave and those that ended', () => {
    const of = (requests: number) => report({ revisions: [revision(requests)] });
    const merged = mergeReports({ serving: [of(1), of(2)], leaving: [of(4)], departed: of(8) });
    expect(merged.revisions).toEqual([
      revision(15, { errors: 4, rescued: 4, cancelled: 8, ttft: { counts: [15, 19], sumMs: 150, count: 19 } }),
    ]);
  });

  test('stay apart by route and revision', () => {
    const serving = [
      report({ revisions: [revision(1), revision(2, { revisionId: 'rev-2' })] }),
      report({ revisions: [revision(3, { routeId: 'route-2' })] }),
    ];
    const { revisions } = mergeReports({ serving, leaving: [], departed: noTraffic });
    expect(revisions.map((row) => [row.routeId, row.revisionId, row.requests])).toEqual([
      ['route-1', 'rev-1', 1],
      ['route-1', 'rev-2', 2],
      ['route-2', 'rev-1', 3],
    ]);
  });

  test('do not change when a worker ends, but for what it had in flight', () => {
    const living = report({ revisions: [revision(1)], routes: [{ routeId: 'route-1', inFlight: 1, unserved: 1 }] });
    const ending = report({ revisions: [revision(5)], routes: [{ routeId: 'route-1', inFlight: 2, unserved: 3 }] });
    const before = mergeReports({ serving: [living, ending], leaving: [], departed: noTraffic });
    const after = mergeReports({ serving: [living], leaving: [], departed: withDeparted(noTraffic, ending) });
    expect(after.revisions).toEqual(before.revisions);
    expect(before.routes).toEqual([{ routeId: 'route-1', inFlight: 3, unserved: 4 }]);
    expect(after.routes).toEqual([{ routeId: 'route-1', inFlight: 1, unserved: 4 }]);
  });

  test('of what is long gone are dropped first when there are too many', () => {
    let departed = noTraffic;
    for (let at = 0; at < 5_002; at += 2) {
      const rows = [revision(1, { revisionId: `rev-${at}` }), revision(1, { revisionId: `rev-${at + 1}` })];
      departed = withDeparted(departed, report({ revisions: rows }));
    }
    expect(departed.revisions).toHaveLength(5_000);
    expect(departed.revisions[0]?.revisionId).toBe('rev-2');
  });
});
