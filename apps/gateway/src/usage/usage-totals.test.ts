import { expect, test } from '@jest/globals';
import type { UsageRecord } from '@signalbox/domain';
import fc from 'fast-check';
import { totalsOf } from './usage.fixture.ts';
import { UsageTotals } from './usage-totals.ts';

const hour = Date.UTC(2026, 2, 1, 12);
const record = (change: Partial<UsageRecord> = {}): UsageRecord => ({
  id: 'a',
  requestId: 'r',
  traceId: 't',
  gatewayId: 'g',
  project: 'default',
  routeId: 'route-1',
  route: 'chat',
  keyId: 'key-1',
  priority: 'standard',
  revisionId: 'rev-1',
  deployment: 'chat',
  revision: 1,
  model: 'tiny',
  version: 'v1',
  versionDigest: 'sha256:1',
  engine: 'vllm',
  quantization: null,
  replicaId: 'chat-1-0',
  operation: '/v1/completions',
  stream: true,
  startedAt: hour,
  queuedMs: 1,
  firstByteMs: 2,
  durationMs: 3,
  status: 200,
  outcome: 'ok',
  attempts: 1,
  tokens: { input: 1, cached: 0, output: 2, reasoning: 0 },
  exactness: 'exact',
  bytesIn: 4,
  bytesOut: 5,
  ...change,
});

test('records of one minute, key, route and revision become one', () => {
  const totals = new UsageTotals();
  for (const startedAt of [hour + 1, hour + 59_999]) totals.add(record({ startedAt }));
  totals.add(record({ startedAt: hour + 60_000, firstByteMs: null }));
  totals.add(record({ keyId: null, requests: 40 }));
  let made = 0;
  const taken = totals.take(() => `m-${++made}`);
  expect(taken).toMatchObject([
    { id: 'm-1', requests: 2, startedAt: hour, durationMs: 6, firstByteMs: 4, bytesOut: 10, requestId: '' },
    { id: 'm-2', requests: 1, startedAt: hour + 60_000, firstByteMs: null },
    { id: 'm-3', requests: 40, keyId: null },
  ]);
  expect(totals.size).toBe(0);
});

test('however many minutes, keys and revisions there are, the number of records is bounded and nothing is lost', () => {
  const some = fc.record({
    startedAt: fc.integer({ min: hour, max: hour + 86_400_000 * 3 }),
    keyId: fc.constantFrom(null, 'k1', 'k2'),
    outcome: fc.constantFrom('ok' as const, 'error' as const),
    tokens: fc.record({ input: fc.nat(1_000), cached: fc.nat(9), output: fc.nat(1_000), reasoning: fc.nat(9) }),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 200 }), (changes) => {
      const records = changes.map(record);
      const totals = new UsageTotals(8);
      for (const one of records) totals.add(one);
      // Three keys, two outcomes, days that the range touches.
      expect(totals.size).toBeLessThanOrEqual(3 * 2 * 4);
      expect(totalsOf(totals.take(() => 'm'))).toEqual(totalsOf(records));
    }),
  );
});

test('what differs from request to request is in no total', () => {
  const totals = new UsageTotals();
  totals.add(record({ routing: [] }));
  totals.add(record({ routing: [] }));
  const [total] = totals.take(() => 'merged');
  expect(total).toMatchObject({ requests: 2, requestId: '', replicaId: null });
  expect(total).not.toHaveProperty('routing');
});
