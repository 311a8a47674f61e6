import { describe, expect, test } from '@jest/globals';
import { conformanceSuite } from './conformance.ts';
import { engineNames, engines, findEngine } from './registry.ts';

describe.each(engines.map((engine) => ({ name: engine.name, engine })))('engine $name', ({ engine }) => {
  conformanceSuite(engine);
});

test('engines are found by their names, and nothing else is', () => {
  expect(engineNames()).toEqual(['vllm', 'sglang', 'triton', 'simulated']);
  for (const engine of engines) expect(findEngine(engine.name)).toBe(engine);
  expect(findEngine('vLLM')).toBeUndefined();
});

test('only the simulated engine is marked as simulated', () => {
  expect(engines.filter((engine) => engine.simulated).map((engine) => engine.name)).toEqual(['simulated']);
});
