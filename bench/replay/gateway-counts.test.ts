import { expect, test } from '@jest/globals';
import { crossCheck, readGatewayCounts } from './gateway-counts.ts';
import type { Tally } from './tally.ts';

const page = (ok: number, error: number, rescued: number, route = 'chat') => `
# TYPE signalbox_gateway_requests_total counter
signalbox_gateway_requests_total{route="${route}",model="m",version="v1",revision="chat/1",engine="e",outcome="ok"} ${ok}
signalbox_gateway_requests_total{route="${route}",model="m",version="v1",revision="chat/1",engine="e",outcome="error"} ${error}
signalbox_gateway_rescued_total{route="${route}",model="m",version="v1",revision="chat/1",engine="e"} ${rescued}
signalbox_gateway_refused_total{code="no_replica"} 2
signalbox_gateway_upstream_retries_total ${rescued}
`;
const callers = (served: number) => ({ revisions: [{ revision: 'chat/1', served, cutByKill: 1, failed: 0 }] }) as Tally;

test('counts are summed over gateways and for one route only', () => {
  const counts = readGatewayCounts([page(5, 2, 1), page(3, 0, 0), page(9, 9, 9, 'other')], 'chat');
  expect(counts.revisions.get('chat/1')).toEqual({ attempts: 10, errors: 2, rescued: 1 });
  expect(counts.refused.get('no_replica')).toBe(6);
});

test('an attempt that another replica made good is no answer of the revision', () => {
  const [before, after] = [readGatewayCounts([page(1, 0, 0)], 'chat'), readGatewayCounts([page(10, 3, 2)], 'chat')];
  const wanted = { revision: 'chat/1', gateways: 10, rescued: 2 };
  expect(crossCheck(before, after, callers(9))).toEqual([{ ...wanted, callers: 10, agree: true }]);
  expect(crossCheck(before, after, callers(8))).toEqual([{ ...wanted, callers: 9, agree: false }]);
});

test('a revision that only callers saw does not agree', () => {
  const nothing = readGatewayCounts([], 'chat');
  expect(crossCheck(nothing, nothing, callers(3))).toMatchObject([{ gateways: 0, callers: 4, agree: false }]);
});
