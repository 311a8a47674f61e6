import { expect, test } from '@jest/globals';
import { createMetrics, createProcessReadings, type MetricsState, startAdminServer } from '@signalbox/runtime';
import { backendOf, routeOf } from '../gateway.fixture.ts';
import { aCall, chatBackend, chatRoute } from './call-summary.fixture.ts';
import { exposeMetrics } from './exposed-metrics.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { GatheredMetrics } from './gathered-metrics.ts';
import { parseMetrics } from './metrics-text.fixture.ts';

test('a scrape of several workers shows their sum, also when one of them has ended', async () => {
  const readings = createProcessReadings();
  const workers = ['1', '2'].map((worker) => createGatewayMetrics({ worker, readings }));
  for (const worker of workers) {
    worker.keepOnly([chatRoute]);
    worker.inFlight.inc();
    worker.callEnded(aCall());
  }
  workers[0]?.applied({ epoch: 1, number: 7 }, 1_000);
  workers[1]?.applied({ epoch: 1, number: 8 }, 2_000);
  workers[1]?.callEnded(aCall({ outcome: 'cancelled' }));
  // As it comes from another process.
  const states = () => workers.map((worker) => JSON.parse(JSON.stringify(worker.state())) as MetricsState);
  const primary = createGatewayMetrics();
  primary.applied({ epoch: 1, number: 7 }, 1_000);
  const gathered = new GatheredMetrics(primary);
  const registry = createMetrics();
  exposeMetrics(registry, { shapes: primary.shapes, state: () => gathered.sum(states()) });
  const server = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    metrics: registry,
    readiness: () => ({ ready: true }),
  });
  const scrape = async () => parseMetrics(await (await fetch(`${server.url}/metrics`)).text());
  try {
    const both = await scrape();
    expect(both.get('signalbox_gateway_calls_total{route="chat",outcome="ok"}')).toBe(2);
    expect(both.get('signalbox_gateway_in_flight')).toBe(2);
    expect(both.get('signalbox_gateway_snapshot{part="number"}')).toBe(7);
    expect(both.get('signalbox_gateway_worker_resident_bytes{worker="2"}')).toBeGreaterThan(1_000_000);
    expect(both.get('signalbox_gateway_event_loop_utilization{worker="1"}')).toBeLessThanOrEqual(1);
    expect(both.get('process_cpu_seconds_total')).toBeGreaterThan(0);

    const left = workers.pop();
    if (left !== undefined) gathered.departed(left.state());
    const one = await scrape();
    expect(one.get('signalbox_gateway_calls_total{route="chat",outcome="ok"}')).toBe(2);
    expect(one.get('signalbox_gateway_calls_total{route="chat",outcome="cancelled"}')).toBe(1);
    expect(one.get('signalbox_gateway_in_flight')).toBe(1);
    expect(one.has('signalbox_gateway_worker_resident_bytes{worker="2"}')).toBe(false);

    const next = routeOf([backendOf({ revisionId: 'rev-2', version: 'v2', engine: 'vllm', at: [] })]);
    for (const worker of workers) worker.keepOnly([next]);
    gathered.keepOnly([next]);
    const after = [...(await scrape()).keys()];
    expect(after.filter((series) => series.includes(chatBackend.version))).toEqual([]);
    expect(after).toContain('signalbox_gateway_calls_total{route="chat",outcome="ok"}');
  } finally {
    await server.close();
    readings.stop();
  }
});
