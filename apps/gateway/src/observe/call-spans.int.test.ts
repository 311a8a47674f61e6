import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { createRandomIds, silentLogger, startTracing, tracingSettings } from '@signalbox/runtime';
import { createCallTraces } from './call-spans.ts';
import { aCall } from './call-summary.fixture.ts';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

interface OtlpRequest {
  resourceSpans: { resource: { attributes: OtlpSpan['attributes'] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

/** A collector: what it was sent, by path. */
async function startCollector() {
  const received: { path: string; headers: NodeJS.Dict<string | string[]>; body: OtlpRequest }[] = [];
  const server = createServer(async (request, response) => {
    received.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(await text(request)) });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { received, close, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const names = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TIMEOUT',
  'OTEL_RESOURCE_ATTRIBUTES',
];
afterEach(() => {
  for (const name of names) delete process.env[name];
});

const options = { service: 'signalbox-gateway', instanceId: 'gw-1', log: silentLogger };

test('without an endpoint there is no tracing', async () => {
  expect(await startTracing(options)).toBeUndefined();
});

test('a collector gets the tree of a finished call over OTLP/HTTP', async () => {
  const collector = await startCollector();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
  process.env.OTEL_EXPORTER_OTLP_HEADERS = 'x-tenant=models';
  process.env.OTEL_RESOURCE_ATTRIBUTES = 'deployment.environment.name=test';
  try {
    const tracing = await startTracing(options);
    const ended = createCallTraces(tracing, createRandomIds().hex);
    ended(aCall());
    ended(aCall({ sampled: false, traceId: 'f'.repeat(32) }));
    await tracing?.stop();

    expect(collector.received).toHaveLength(1);
    const [{ path, headers, body } = { path: '', headers: {}, body: { resourceSpans: [] } }] = collector.received;
    expect([path, headers['x-tenant'], headers['content-type']]).toEqual(['/v1/traces', 'models', 'application/json']);
    const [of] = body.resourceSpans;
    expect(plain(of?.resource.attributes)).toMatchObject({
      'service.name': 'signalbox-gateway',
      'service.instance.id': 'gw-1',
      'deployment.environment.name': 'test',
    });
    const spans = of?.scopeSpans.flatMap((scope) => scope.spans) ?? [];
    expect(spans.map(({ name, kind }) => [name, kind])).toEqual([
      ['chat chat', 3],
      ['attempt 1', 3],
      ['stream', 1],
    ]);
    const [root, attempt, stream] = spans;
    expect(root).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '00f067aa0ba902b7',
      parentSpanId: 'b7ad6b7169203331',
      startTimeUnixNano: '1767323045678000000',
      endTimeUnixNano: '1767323046928000000',
    });
    expect(plain(root?.attributes)).toMatchObject({
      'gen_ai.request.model': 'chat',
      'gen_ai.usage.output_tokens': 101,
      'gen_ai.response.finish_reasons': ['stop'],
    });
    expect([attempt?.parentSpanId, stream?.parentSpanId]).toEqual([root?.spanId, root?.spanId]);
    expect(attempt?.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(attempt?.startTimeUnixNano).toBe('1767323045678150000');
  } finally {
    await collector.close();
  }
});

test('a collector that is away costs a warning and nothing else', async () => {
  const collector = await startCollector();
  await collector.close();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
  process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '200';
  const settings = tracingSettings({ ...process.env, OTEL_BSP_SCHEDULE_DELAY: '1' });
  const warned = Promise.withResolvers<string>();
  const tracing = await startTracing({ ...options, settings, log: { ...silentLogger, warn: warned.resolve } });
  const ended = createCallTraces(tracing, createRandomIds().hex);
  ended(aCall());
  expect(await warned.promise).toBe('traces are not sent');
  ended(aCall());
  await tracing?.stop();
});

function plain(attributes: OtlpSpan['attributes'] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: Record<string, unknown>): unknown {
  const array = value.arrayValue as { values: Record<string, unknown>[] } | undefined;
  return array === undefined ? Object.values(value)[0] : array.values.map(plainValue);
}
