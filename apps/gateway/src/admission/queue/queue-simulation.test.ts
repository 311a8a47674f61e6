import { describe, expect, test } from '@jest/globals';
import type { PriorityClass } from '@signalbox/domain';
import { type Random, seededRandom } from '../../../../../packages/testkit/src/simulated-engine/engine/random.ts';
import { type Asked, quantile, type SimulatedRequest, SimulatedRoute } from './simulated-route.fixture.ts';

const seconds = 120;
const end = seconds * 1_000;
const slots = 32;
/** Of `sized` requests one slot serves this many a second. */
const perSlot = 1 / 1.16;

/** 100 to 900 tokens in, mostly short answers with a long tail; 1.16 s on average. The guess is blind. */
function sized(random: Random): Pick<Asked, 'input' | 'output' | 'guess'> {
  return { input: 100 + Math.floor(800 * random()), output: Math.ceil(10 * Math.exp(4 * random() ** 1.4)), guess: 150 };
}

const costOf = ({ asked }: SimulatedRequest): number => asked.input + 2 * asked.output;

describe.each([1, 2, 3])('at twice the capacity, seed %d', (seed) => {
  test('the critical class keeps its p99, and the route its goodput', () => {
    const random = seededRandom(seed);
    const route = new SimulatedRoute(slots);
    const load: Record<PriorityClass, number> = { critical: 0.4, standard: 0.9, batch: 0.7 };
    for (const priority of ['critical', 'standard', 'batch'] as const) {
      route.traffic(load[priority] * slots * perSlot, end, random, () => ({ ...sized(random), priority }));
    }
    route.sweep(end);
    route.time.runUntil(end);
    const critical = route.requests.filter(({ priority, state }) => priority === 'critical' && state === 'done');
    const lost = route.requests.filter(({ priority, state }) => priority === 'critical' && state === 'refused');
    const loaded = quantile(
      critical.map(({ endedAt, arrivedAt }) => endedAt - arrivedAt),
      0.99,
    );
    const unloaded = quantile(
      critical.map(({ asked }) => route.serviceMs(asked)),
      0.99,
    );
    expect([seed, lost.length, loaded / unloaded <= 1.2]).toEqual([seed, 0, true]);
    expect(route.busyMs / (slots * end)).toBeGreaterThan(0.9);
  });

  test.each<{ name: string; a: (random: Random) => Asked; b: (random: Random) => Asked; rates: [number, number] }>([
    { name: 'one asks three times as much', a: sized, b: sized, rates: [1.3, 0.7] },
    {
      name: 'one has long prompts and the other long answers',
      a: () => ({ input: 3_000, output: 20, guess: 150 }),
      b: () => ({ input: 100, output: 200, guess: 150 }),
      rates: [1.5, 1.5],
    },
  ])('two equal tenants get the same, within 5 %, when $name', ({ a, b, rates }) => {
    const random = seededRandom(seed);
    const route = new SimulatedRoute(slots);
    const meanMs = (ask: (random: Random) => Asked): number =>
      Array.from({ length: 2_000 }, () => route.serviceMs(ask(random))).reduce((sum, ms) => sum + ms / 2_000, 0);
    route.traffic((rates[0] * slots * 1_000) / meanMs(a), end, random, () => ({ ...a(random), tenant: 'a' }));
    route.traffic((rates[1] * slots * 1_000) / meanMs(b), end, random, () => ({ ...b(random), tenant: 'b' }));
    route.sweep(end);
    route.time.runUntil(end);
    const served = (tenant: string): number =>
      route.requests
        .filter((request) => request.tenant === tenant && request.state === 'done' && request.endedAt > 10_000)
        .reduce((sum, request) => sum + costOf(request), 0);
    expect(served('a') / (served('a') + served('b'))).toBeCloseTo(0.5, 1.3);
  });

  test('who is refused and comes back at the told time is let in, at least 95 of 100', () => {
    const random = seededRandom(seed);
    const route = new SimulatedRoute(slots);
    const retries: SimulatedRequest[] = [];
    const retried = new Set<SimulatedRequest>();
    route.onRefused = (request) => {
      if (retried.has(request) || request.refusal === undefined) return;
      const at = route.time.now + request.refusal.retryAfterMs;
      if (at > end - 15_000) return;
      route.time.at(at, () => {
        const again = route.arrive(request.asked);
        retried.add(again);
        retries.push(again);
      });
    };
    const ask = (): Asked => ({ ...sized(random), tenant: `t${Math.floor(8 * random() ** 2)}` });
    route.traffic(2 * slots * perSlot, end, random, ask);
    route.sweep(end);
    route.time.runUntil(end);
    const letIn = retries.filter(({ state }) => state === 'done' || state === 'running');
    expect(retries.length).toBeGreaterThan(200);
    expect([seed, letIn.length / retries.length >= 0.95]).toEqual([seed, true]);
    expect(route.busyMs / (slots * end)).toBeGreaterThan(0.9);
  });
});
