import { expect, test } from '@jest/globals';
import { manualClock } from '../manual-clock.ts';
import { EngineMetrics } from '../metrics/engine-metrics.ts';
import { Engine } from './engine.ts';
import type { Job } from './job.ts';

function anEngine(maxNumSeqs = 2) {
  const clock = manualClock(0);
  const metrics = new EngineMetrics('tiny', 0);
  const limits = {
    maxNumSeqs,
    maxNumBatchedTokens: 1000,
    kvCapacityTokens: 16_000,
    blockSize: 16,
    prefillMsPerToken: 1,
    decodeMsPerToken: 10,
    batchSlowdown: 0,
  };
  return { clock, metrics, engine: new Engine({ clock, metrics, limits: () => limits, hasPrefixCache: true }) };
}

function aJob(events: string[], name: string, given: Partial<Job> = {}): Job {
  return {
    prompt: Buffer.from('x'.repeat(76)),
    promptTokens: 20,
    outputTokens: 3,
    finishReason: 'stop',
    maxTokens: 3,
    choices: 1,
    adapter: null,
    delayMs: 0,
    onAdmitted: (cached) => events.push(`${name} admitted ${cached}`),
    onToken: (index) => events.push(`${name} token ${index}`),
    onEnd: (reason) => events.push(`${name} ${reason}`),
    ...given,
  };
}

test('tokens come when the prompt is computed, then one per decode step', () => {
  const { clock, engine } = anEngine();
  const events: string[] = [];
  engine.submit(aJob(events, 'a'));
  clock.advance(19);
  expect(events).toEqual(['a admitted 0']);
  clock.advance(1);
  expect(events).toEqual(['a admitted 0', 'a token 0']);
  clock.advance(20);
  expect(events.slice(2)).toEqual(['a token 1', 'a token 2', 'a stop']);
  expect(engine.counts()).toEqual({ running: 0, waiting: 0, deferred: 0 });
});

test('the pace holds over many steps', () => {
  const { clock, engine } = anEngine();
  const events: string[] = [];
  engine.submit(aJob(events, 'a', { outputTokens: 100, maxTokens: 100 }));
  clock.advance(20 + 99 * 10);
  expect(events.at(-1)).toBe('a stop');
});

test('a client that goes frees its slot at once', () => {
  const { clock, engine, metrics } = anEngine(1);
  const events: string[] = [];
  const cancel = engine.submit(aJob(events, 'a', { outputTokens: 1000 }));
  engine.submit(aJob(events, 'b'));
  clock.advance(25);
  expect(engine.counts()).toMatchObject({ running: 1, waiting: 1 });
  cancel();
  expect(engine.counts()).toMatchObject({ running: 1, waiting: 0 });
  expect(engine.cancelled).toBe(1);
  expect(metrics.count('vllm:request_success', 'abort')).toBe(1);
  clock.advance(100);
  expect(events.at(-1)).toBe('b stop');
  expect(events).not.toContain('a abort');
});

test('the second of two like prompts finds its blocks', () => {
  const { clock, engine } = anEngine();
  const events: string[] = [];
  engine.submit(aJob(events, 'a'));
  clock.advance(100);
  engine.submit(aJob(events, 'b'));
  engine.submit(aJob(events, 'c', { adapter: 'other' }));
  clock.advance(100);
  expect(events).toContain('b admitted 16');
  expect(events).toContain('c admitted 0');
});

test('while asleep nothing runs, and what has arrived goes on after the waking', () => {
  const { clock, engine } = anEngine();
  const events: string[] = [];
  engine.submit(aJob(events, 'a'));
  clock.advance(5);
  engine.sleep(1);
  expect(events.at(-1)).toBe('a abort');
  engine.submit(aJob(events, 'b'));
  clock.advance(10_000);
  expect(engine.counts()).toMatchObject({ running: 0, waiting: 1 });
  engine.wake();
  clock.advance(100);
  expect(events.at(-1)).toBe('b stop');
});

test('draining lets the running ones end and aborts new ones', async () => {
  const { clock, engine } = anEngine();
  const events: string[] = [];
  engine.submit(aJob(events, 'a'));
  const drained = engine.drain(1000);
  engine.submit(aJob(events, 'b'));
  clock.advance(100);
  await drained;
  expect(events).toContain('a stop');
  expect(events).toContain('b abort');
});

test('draining aborts what is left when its time is over', async () => {
  const { clock, engine } = anEngine();
  const events: string[] = [];
  engine.submit(aJob(events, 'a', { outputTokens: 10_000 }));
  const drained = engine.drain(500);
  clock.advance(500);
  await drained;
  expect(events.at(-1)).toBe('a abort');
});
