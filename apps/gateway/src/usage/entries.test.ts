import { expect, test } from '@jest/globals';
import type { RoutingDecision } from '@signalbox/domain';
import fc from 'fast-check';
import { entryStart, mostEntryBytes, putHead, putReserved, putSettled, type Settlement } from './entries.ts';
import { aBackend, anEnd, aRequest, aRoute } from './usage.fixture.ts';

const start = entryStart('boot', 'gw "1"');

function settledText(request: Parameters<typeof putHead>[4], end: Settlement): string {
  const bytes = Buffer.alloc(mostEntryBytes);
  return bytes.toString('latin1', 0, putSettled(bytes, putHead(bytes, 0, start, 17, request), end));
}

test('a settlement is the whole record', () => {
  expect(JSON.parse(settledText(aRequest('r-1'), anEnd()))).toEqual({
    id: 'boot-0000000000017',
    gatewayId: 'gw "1"',
    requestId: 'r-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    project: 'default',
    routeId: 'route-1',
    route: 'chat',
    keyId: 'key-1',
    stream: true,
    priority: 'standard',
    operation: '/v1/chat/completions',
    startedAt: Date.UTC(2026, 2, 1, 12),
    revisionId: 'rev-1',
    deployment: 'chat',
    revision: 3,
    model: 'tiny',
    version: 'v3',
    versionDigest: 'sha256:1',
    engine: 'vllm',
    quantization: 'fp8',
    replicaId: 'chat-3-0',
    queuedMs: 0,
    firstByteMs: 32,
    durationMs: 250,
    status: 200,
    outcome: 'ok',
    attempts: 1,
    tokens: { input: 10, cached: 4, output: 20, reasoning: 5 },
    exactness: 'exact',
    bytesIn: 600,
    bytesOut: 5_000,
  });
});

const decision: RoutingDecision = {
  deployment: 'chat',
  revision: 3,
  revisionBy: 'split',
  replicaId: 'chät-3-0',
  tier: 0,
  scorers: [{ name: 'queue', weight: 0.5 }],
  candidates: [{ replicaId: 'chät-3-0', total: 0.5, uncachedTokens: 12, scores: [1] }],
  filtered: [{ replicaId: 'chat-3-1', by: 'belowLimit' }],
  unlisted: 0,
};

test('a settlement may say why the request went where it went', () => {
  const text = settledText(aRequest('r'), anEnd({ routing: [decision, decision] }));
  expect(JSON.parse(text)).toMatchObject({ requestId: 'r', routing: [decision, decision], outcome: 'ok' });
  expect(text).toMatch(/^[ -~]*$/);
});

test('and says nothing of that where it would take too much room', () => {
  const long = { ...decision, replicaId: 'r'.repeat(9_000) };
  expect(JSON.parse(settledText(aRequest('r'), anEnd({ routing: [long] })))).not.toHaveProperty('routing');
});

test('a request that reached no revision has none', () => {
  const end = anEnd({ backend: null, replicaId: null, firstByteMs: null, outcome: 'unserved', exactness: 'none' });
  expect(JSON.parse(settledText(aRequest('r', { keyId: null, stream: false, priority: 'batch' }), end))).toMatchObject({
    keyId: null,
    stream: false,
    priority: 'batch',
    revisionId: null,
    deployment: null,
    revision: null,
    quantization: null,
    replicaId: null,
    firstByteMs: null,
    outcome: 'unserved',
    exactness: 'none',
  });
});

test('a reservation says what to book', () => {
  const bytes = Buffer.alloc(mostEntryBytes);
  const request = aRequest('r', { reserved: { input: 12_345_678_901, output: 0 } });
  const end = putReserved(bytes, putHead(bytes, 0, start, 1, request), request);
  expect(JSON.parse(bytes.toString('latin1', 0, end)).reserved).toEqual({ input: 12_345_678_901, output: 0 });
});

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ unit: 'grapheme' }));
const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53),
);

test('whatever callers, manifests, engines and clocks say, an entry is one ASCII line of valid JSON', () => {
  fc.assert(
    fc.property(
      fc.record({ requestId: anyText, traceId: anyText, keyId: anyText, operation: anyText, replicaId: anyText }),
      fc.record({ name: anyText, project: anyText, model: anyText, quantization: fc.option(anyText) }),
      fc.array(anyNumber, { minLength: 12, maxLength: 12 }),
      (texts, { name, project, ...backend }, numbers) => {
        const [startedAt, queuedMs, firstByteMs, durationMs, status, attempts] = numbers as [number, ...number[]];
        const [input = 0, cached = 0, output = 0, reasoning = 0, bytesIn = 0, bytesOut = 0] = numbers.slice(6);
        const request = aRequest(texts.requestId, { ...texts, startedAt, route: { ...aRoute, name, project } });
        const end = anEnd({
          ...({ queuedMs, firstByteMs, durationMs, status, attempts, bytesIn, bytesOut } as Partial<Settlement>),
          backend: { ...aBackend, ...backend },
          replicaId: texts.replicaId,
          tokens: { input, cached, output, reasoning },
        });
        const text = settledText(request, end);
        expect(text).toMatch(/^[ -~]*$/);
        const record = JSON.parse(text);
        const kept = texts.requestId.slice(0, 200).toWellFormed().replaceAll('\0', '\ufffd');
        expect(record.requestId).toBe(kept);
        expect(JSON.stringify(record)).not.toContain('\\u0000');
        for (const value of [record.startedAt, record.durationMs, record.tokens.input, record.bytesOut]) {
          expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
        }
        if (Number.isSafeInteger(input) && input >= 0 && input < 1e12) expect(record.tokens.input).toBe(input + 0);
      },
    ),
    { numRuns: 500 },
  );
});

test('the longest entry has room', () => {
  const long = '\u{1f600}'.repeat(500);
  const request = aRequest(long, {
    traceId: long,
    keyId: long,
    operation: long,
    route: { ...aRoute, project: long, id: long, name: long },
  });
  const backend = { ...aBackend, revisionId: long, deployment: long, model: long, version: long, versionDigest: long };
  const end = anEnd({ backend: { ...backend, engine: long, quantization: long }, replicaId: long });
  expect(() => JSON.parse(settledText(request, end))).not.toThrow();
});
