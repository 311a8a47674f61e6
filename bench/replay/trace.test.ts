import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type PlanOptions, parseTrace, plannedRequests } from './trace.ts';

const plan: Omit<PlanOptions, 'requests'> = {
  speed: 1,
  scaleTokens: 1,
  streamShare: 0.5,
  seed: 1,
  maxPromptTokens: 1_000,
};
const azure = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,374,44
2023-11-16 18:15:50.9951690,396,109
`;
const mooncake = `{"timestamp": 500, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}
{"timestamp": 3000, "input_length": 10, "output_length": 3, "hash_ids": [0]}`;

function take(trace: string, requests: number, change: Partial<PlanOptions> = {}) {
  return [...plannedRequests(parseTrace(trace), { ...plan, requests, ...change })];
}

describe('a trace', () => {
  test('of Azure counts from its first request', () => {
    expect(parseTrace(azure)).toEqual([
      { atMs: 0, promptTokens: 374, outputTokens: 44 },
      { atMs: 4_315, promptTokens: 396, outputTokens: 109 },
    ]);
  });

  test('of Mooncake is read line by line', () => {
    expect(parseTrace(mooncake)).toEqual([
      { atMs: 0, promptTokens: 6_758, outputTokens: 500 },
      { atMs: 2_500, promptTokens: 10, outputTokens: 3 },
    ]);
  });

  test('of an unknown shape names the line', () => {
    expect(() => parseTrace('a,b\n1,2')).toThrow('line 1 of the trace is neither the known CSV nor JSON');
    expect(() => parseTrace(`${azure}yesterday,1,2\n`)).toThrow('line 4 of the trace has no arrival time');
    expect(() => parseTrace('')).toThrow('the trace is empty');
  });

  test('comes faster, shorter, and again when it ends', () => {
    const sent = take(azure, 4, { speed: 10, scaleTokens: 0.1 });
    expect(sent.map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens])).toEqual([
      [37, 4],
      [40, 11],
      [37, 4],
      [40, 11],
    ]);
    const times = sent.map(({ atMs }) => atMs);
    expect(times[1]).toBeCloseTo(431.5);
    expect(times[2]).toBeGreaterThan(431.5);
    expect((times[3] ?? 0) - (times[2] ?? 0)).toBeCloseTo(431.5);
  });

  test('keeps prompts within the context and wants at least one token', () => {
    expect(take(mooncake, 1)[0]?.promptTokens).toBe(1_000);
    expect(take(mooncake, 2, { scaleTokens: 0.001 })[1]).toMatchObject({ promptTokens: 1, outputTokens: 1 });
  });

  test('is mixed by its seed alone', () => {
    const streams = (seed: number) => take(azure, 64, { seed }).map(({ stream }) => stream);
    expect(streams(1)).toEqual(streams(1));
    expect(streams(1)).not.toEqual(streams(2));
    expect(new Set(streams(1))).toEqual(new Set([true, false]));
  });
});

test('the excerpt that comes with the repository is whole', () => {
  const rows = parseTrace(readFileSync(join(import.meta.dirname, '..', 'traces', 'azure2023', 'conv.csv'), 'utf8'));
  expect(rows).toHaveLength(3_000);
  expect(rows.at(-1)?.atMs).toBe(628_703);
});
