import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../../../packages/testkit/src/simulated-engine/engine/random.ts';
import { type Asked, type SimulatedRequest, SimulatedRoute } from './simulated-route.fixture.ts';

/** One token out for each request: 10 ms of a slot. */
const small: Asked = { input: 0, output: 1 };
const ask = (change: Partial<Asked> = {}): Asked => ({ ...small, ...change });
const outcomes = (requests: readonly SimulatedRequest[]): string[] =>
  requests.map(({ state, refusal }) => (state === 'refused' ? (refusal?.outcome ?? '?') : state));

/** A route whose one slot is taken for a second. */
function busy(bounds: { maxRequests?: number; maxBytes?: number; maxWaitMs?: number } = {}): SimulatedRoute {
  const route = new SimulatedRoute(1, bounds);
  route.arrive({ input: 0, output: 100, tenant: 'first' });
  return route;
}

describe('the queue of a route', () => {
  test('lets through at once while there is room', () => {
    const route = new SimulatedRoute(2);
    expect(outcomes([route.arrive(ask()), route.arrive(ask()), route.arrive(ask())])).toEqual([
      'running',
      'running',
      'waiting',
    ]);
    expect(route.queue.waiting).toBe(1);
    route.time.runUntil(10);
    expect(outcomes(route.requests)).toEqual(['done', 'done', 'running']);
    expect(route.queue.waiting).toBe(0);
    expect(route.requests[2]?.waitedMs).toBe(10);
  });

  test.each<{ name: string; arrivals: Partial<Asked>[]; want: string }>([
    { name: 'one tenant is served in order', arrivals: [{}, {}, {}], want: '012' },
    {
      name: 'classes go one after the other',
      arrivals: [{ priority: 'batch' }, { priority: 'standard' }, { priority: 'critical' }],
      want: '210',
    },
    {
      name: 'tenants of a class take turns',
      arrivals: [{ tenant: 'a' }, { tenant: 'a' }, { tenant: 'a' }, { tenant: 'b' }, { tenant: 'b' }],
      want: '03142',
    },
    {
      name: 'who asks for more at a time has fewer turns',
      arrivals: [{ output: 3 }, { output: 3 }, { tenant: 'b' }, { tenant: 'b' }, { tenant: 'b' }, { tenant: 'b' }],
      want: '023415',
    },
    {
      name: 'a tenant of twice the weight has twice the turns',
      arrivals: [{}, {}, {}, ...Array.from({ length: 4 }, () => ({ tenant: 'b', weight: 2 }))],
      want: '0341562',
    },
  ])('$name', ({ arrivals, want }) => {
    const route = busy();
    const requests = arrivals.map((change) => route.arrive(ask(change)));
    route.time.runUntil(60_000);
    const order = requests.map((request, at) => ({ at, endedAt: request.endedAt }));
    expect(
      order
        .sort((a, b) => a.endedAt - b.endedAt)
        .map(({ at }) => at)
        .join(''),
    ).toBe(want);
  });

  test('a tenant whose answers were longer than guessed yields afterwards', () => {
    const route = busy();
    route.arrive(ask({ tenant: 'a', output: 50, guess: 1 }));
    for (let i = 0; i < 5; i++) route.arrive(ask({ tenant: 'a' }));
    for (let i = 0; i < 5; i++) route.arrive(ask({ tenant: 'b' }));
    route.time.runUntil(60_000);
    const last = (tenant: string): number =>
      Math.max(...route.requests.filter((request) => request.tenant === tenant).map(({ endedAt }) => endedAt));
    expect(route.requests.find((request) => request.tenant === 'b')?.endedAt).toBeLessThan(last('a'));
    expect(last('b')).toBeLessThan(last('a') - 40);
  });

  test('a tenant saves up nothing while it has nothing to ask', () => {
    const route = busy();
    for (let i = 0; i < 20; i++) route.arrive(ask({ tenant: 'a' }));
    route.time.runUntil(1_100);
    const newcomers = Array.from({ length: 5 }, () => route.arrive(ask({ tenant: 'b' })));
    route.time.runUntil(1_160);
    expect(newcomers.filter(({ state }) => state === 'done').length).toBeLessThanOrEqual(3);
  });

  test.each<{
    name: string;
    bounds: { maxRequests?: number; maxBytes?: number };
    arrivals: Partial<Asked>[];
    want: string[];
  }>([
    {
      name: 'a full queue refuses',
      bounds: { maxRequests: 2 },
      arrivals: [{ tenant: 'a' }, { tenant: 'a' }, { tenant: 'a' }],
      want: ['waiting', 'tenantFull', 'tenantFull'],
    },
    {
      name: 'by bytes as well',
      bounds: { maxBytes: 1_000 },
      arrivals: [
        { tenant: 'a', bytes: 400 },
        { tenant: 'b', bytes: 500 },
        { tenant: 'c', bytes: 200 },
      ],
      want: ['waiting', 'waiting', 'queueFull'],
    },
    {
      name: 'one tenant has at most half where there are others',
      bounds: { maxRequests: 4 },
      arrivals: [{ tenant: 'b' }, { tenant: 'a' }, { tenant: 'a' }, { tenant: 'a' }, { tenant: 'c' }, { tenant: 'd' }],
      want: ['waiting', 'waiting', 'waiting', 'tenantFull', 'waiting', 'queueFull'],
    },
    {
      name: 'a higher class takes the place of the newest of the lowest',
      bounds: { maxRequests: 3 },
      arrivals: [
        { priority: 'batch', tenant: 'a' },
        { priority: 'batch', tenant: 'b' },
        { priority: 'standard', tenant: 'c' },
        { priority: 'critical', tenant: 'd' },
        { priority: 'standard', tenant: 'e' },
        { priority: 'standard', tenant: 'f' },
        { priority: 'batch', tenant: 'g' },
      ],
      want: ['queueFull', 'queueFull', 'waiting', 'waiting', 'waiting', 'queueFull', 'queueFull'],
    },
    {
      name: 'but nobody gives way to what would not fit all the same',
      bounds: { maxBytes: 1_000 },
      arrivals: [
        { priority: 'batch', bytes: 300, tenant: 'a' },
        { priority: 'critical', bytes: 400, tenant: 'b' },
        { priority: 'critical', bytes: 700, tenant: 'c' },
      ],
      want: ['waiting', 'waiting', 'tenantFull'],
    },
  ])('$name', ({ bounds, arrivals, want }) => {
    const route = busy(bounds);
    // Another tenant known to each class: parts count from the first.
    for (const priority of ['critical', 'standard', 'batch'] as const) {
      const known = route.arrive(ask({ priority, tenant: 'known', bytes: 0 }));
      route.queue.leave(known, 0);
    }
    const requests = arrivals.map((change) => route.arrive(ask(change)));
    expect(outcomes(requests)).toEqual(want);
  });

  test('a tenant alone has the whole queue', () => {
    const route = busy({ maxRequests: 3 });
    const requests = Array.from({ length: 4 }, () => route.arrive(ask()));
    expect(outcomes(requests)).toEqual(['waiting', 'waiting', 'waiting', 'queueFull']);
  });

  test('who waits too long is refused then, by the route or by its own deadline', () => {
    const route = busy({ maxWaitMs: 500 });
    const patient = route.arrive(ask());
    const hasty = route.arrive(ask({ deadlineMs: 300 }));
    route.queue.expire(299);
    expect(outcomes([patient, hasty])).toEqual(['waiting', 'waiting']);
    route.queue.expire(300);
    expect(outcomes([patient, hasty])).toEqual(['waiting', 'deadline']);
    route.queue.expire(500);
    expect(outcomes([patient, hasty])).toEqual(['waitTooLong', 'deadline']);
    expect(route.queue.waiting).toBe(0);
    expect(route.queue.bytes).toBe(0);
    expect(route.arrive(ask({ deadlineMs: 0 })).refusal?.outcome).toBe('deadline');
  });

  test('once its speed is known, who would wait too long is told at once, and when to come', () => {
    const route = new SimulatedRoute(1, { maxWaitMs: 10_000 });
    for (let i = 0; i < 30; i++) route.arrive({ input: 0, output: 10 });
    route.time.runUntil(2_050);
    const entered = Array.from({ length: 300 }, () => route.arrive({ input: 0, output: 10 }));
    const waiting = entered.filter(({ state }) => state === 'waiting');
    const refused = entered.filter(({ state }) => state === 'refused');
    expect(waiting.length + route.queue.waiting).toBeGreaterThan(90);
    expect(route.queue.waiting).toBeLessThanOrEqual(105);
    expect(refused.every(({ refusal }) => refusal?.outcome === 'waitTooLong')).toBe(true);
    expect(refused[0]?.refusal?.retryAfterMs).toBeGreaterThan(5_000);
    expect(refused.at(-1)?.refusal?.retryAfterMs).toBeGreaterThan(20_000);
    expect(route.arrive({ input: 0, output: 10, deadlineMs: 3_000 }).refusal?.outcome).toBe('deadline');
    expect(route.arrive({ input: 0, output: 10, priority: 'critical' }).state).toBe('waiting');
    expect(route.arrive({ input: 0, output: 10, tenant: 'other' }).state).toBe('waiting');
  });

  test('a caller that left frees its place', () => {
    const route = busy({ maxRequests: 1 });
    const gone = route.arrive(ask());
    expect(route.queue.leave(gone, 0)).toBe(true);
    expect(route.queue.leave(gone, 0)).toBe(false);
    const next = route.arrive(ask());
    route.time.runUntil(5_000);
    expect(outcomes([gone, next])).toEqual(['waiting', 'done']);
    expect(gone.calls).toBe(0);
  });

  test('room that came by itself is used', () => {
    const route = new SimulatedRoute(1);
    route.running = 1;
    const request = route.arrive(ask());
    route.running = 0;
    route.queue.dispatch(7);
    expect(request.state).toBe('running');
  });

  test('a closed queue refuses all', () => {
    const route = busy();
    const waiting = route.arrive(ask());
    route.queue.close();
    expect(outcomes([waiting, route.arrive(ask())])).toEqual(['draining', 'draining']);
  });

  test('larger bounds of a new snapshot hold from then on', () => {
    const route = busy({ maxRequests: 1 });
    route.arrive(ask());
    expect(route.arrive(ask()).refusal?.outcome).toBe('queueFull');
    route.queue.resize({ maxRequests: 2, maxBytes: 1e6, maxWaitMs: 1_000 });
    expect(route.arrive(ask()).state).toBe('waiting');
  });

  test('10,000 held at zero: all are served, none twice, in turn', () => {
    const route = new SimulatedRoute(64, { maxRequests: 10_000, maxWaitMs: 600_000 });
    route.running = 64;
    for (let i = 0; i < 10_000; i++) route.arrive(ask({ tenant: `t${i % 100}`, output: 1 + (i % 7) }));
    expect(route.queue.waiting).toBe(10_000);
    expect(route.arrive(ask({ tenant: 'late' })).refusal?.outcome).toBe('queueFull');
    route.running = 0;
    route.queue.dispatch(route.time.now);
    route.time.runUntil(60_000);
    expect(route.requests.filter(({ state, calls }) => state === 'done' && calls === 1)).toHaveLength(10_000);
    expect([route.queue.waiting, route.queue.bytes, route.running]).toEqual([0, 0, 0]);
  });

  test('whatever happens, each that waits has one end, and nothing is left over', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed);
      const route = new SimulatedRoute(3, { maxRequests: 20, maxBytes: 15_000, maxWaitMs: 400 });
      const left = new Set<SimulatedRequest>();
      for (let step = 0; step < 400; step++) {
        route.time.runUntil(step * 10);
        route.time.now = step * 10;
        const priority = (['critical', 'standard', 'batch'] as const)[Math.floor(random() * 3)] ?? 'standard';
        const tenant = `t${Math.floor(random() * 5)}`;
        if (random() < 0.6) {
          const bytes = Math.floor(random() * 3_000);
          const sizes = { input: 10, output: 1 + Math.floor(random() * 15), guess: 5 };
          route.arrive({ ...sizes, priority, tenant, bytes, weight: 1 + Math.floor(random() * 2) });
        }
        const some = route.requests[Math.floor(random() * route.requests.length)];
        if (some !== undefined && random() < 0.1 && route.queue.leave(some, step * 10)) left.add(some);
        if (random() < 0.2) route.queue.expire(step * 10);
        const waiting = route.requests.filter((request) => request.state === 'waiting' && !left.has(request));
        const bytes = waiting.reduce((sum, request) => sum + request.bytes, 0);
        expect([seed, route.queue.waiting, route.queue.bytes]).toEqual([seed, waiting.length, bytes]);
        expect(route.queue.waiting > 0 && route.running < route.slots).toBe(false);
      }
      route.time.runUntil(100_000);
      expect(route.requests.every(({ calls }) => calls <= 1)).toBe(true);
      expect([seed, route.queue.waiting, route.queue.bytes, route.running]).toEqual([seed, 0, 0, 0]);
    }
  });
});
