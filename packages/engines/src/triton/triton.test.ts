import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { problemsOf, renderedOf, workloadOf } from '../conformance.ts';
import type { InputChanges } from '../conformance-inputs.ts';
import { anInput, hub } from '../conformance-inputs.ts';
import { triton } from './index.ts';

const render = (changes: InputChanges = {}) => triton.render(anInput(triton, changes));

test('Triton is ready when its one model is, never with none', () => {
  const { workload, healthPath } = renderedOf(render({ deployment: { engine: { args: { 'load-model': 'a b' } } } }));
  expect(workload.command).toContain('--load-model=a b');
  expect(workload.command.filter((word) => word.startsWith('--load-model'))).toHaveLength(1);
  expect(healthPath).toBe('/v2/models/a%20b/ready');
  expect(workload.probes.readiness.path).toBe(healthPath);
  expect(workload.readinessGeneration).toEqual({ method: 'GET', path: healthPath, body: null, timeoutMs: 10_000 });
});

test('the real one answers that path with a plain 200', () => {
  const answer = readFileSync(new URL('../../captured/triton-2.51.0-model-ready.txt', import.meta.url), 'utf8');
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r?\nContent-Length: 0/);
});

test('replicas on one machine do not fight over a metrics port', () => {
  const { command, localCommand } = workloadOf(render());
  expect(command).toContain('--metrics-port=8002');
  expect(localCommand.join(' ')).not.toContain('metrics-port');
  expect(localCommand).toContain('--allow-metrics=false');
});

test.each<{ name: string; changes: InputChanges; path: string; message: RegExp }>([
  {
    name: 'quantization by a flag',
    changes: { deployment: { quantization: { weights: 'fp8', kvCache: null } } },
    path: 'spec.quantization.weights',
    message: /model\.json/,
  },
  {
    name: 'bare weights',
    changes: { version: { format: 'onnx' } },
    path: 'spec.version',
    message: /Triton model repository/,
  },
  { name: 'a hub', changes: { version: { source: hub } }, path: 'spec.version', message: /not from a hub/ },
  {
    name: 'AMD GPUs',
    changes: { gpuResource: 'amd.com/gpu', gpuProducts: [] },
    path: 'spec.placement.pools',
    message: /NVIDIA/,
  },
])('Triton refuses $name', ({ changes, path, message }) => {
  expect(problemsOf(render(changes))).toEqual([
    expect.objectContaining({ path, message: expect.stringMatching(message) }),
  ]);
});

test('quantization that changes nothing is taken', () => {
  expect(render({ deployment: { quantization: { weights: null, kvCache: 'auto' } } }).kind).toBe('rendered');
});
