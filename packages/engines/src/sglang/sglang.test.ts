import { expect, test } from '@jest/globals';
import { problemsOf, renderedOf, workloadOf } from '../conformance.ts';
import type { InputChanges } from '../conformance-inputs.ts';
import { anInput, bucket, hub } from '../conformance-inputs.ts';
import { sglang } from './index.ts';

const render = (changes: InputChanges = {}) => sglang.render(anInput(sglang, changes));

test('SGLang always listens where gateways reach it, and always reports metrics', () => {
  const { command } = workloadOf(render());
  expect(command.join(' ')).toContain('--host {host} --port {port}');
  expect(command).toContain('--enable-metrics');
});

test('probes of SGLang have patience, for each of them generates', () => {
  const { startup, readiness, liveness } = workloadOf(render()).probes;
  for (const probe of [startup, readiness, liveness]) expect(probe.timeoutSeconds).toBeGreaterThanOrEqual(5);
  expect(liveness.periodSeconds * liveness.failureThreshold).toBeGreaterThanOrEqual(60);
});

test('an embedding model proves itself by an embedding', () => {
  const { workload } = renderedOf(render({ deployment: { engine: { args: { 'is-embedding': true } } } }));
  expect(workload.readinessGeneration).toMatchObject({ path: '/v1/embeddings', body: { input: 'ping' } });
});

test.each<{ name: string; changes: InputChanges; path: string }>([
  {
    name: 'a bucket without an image that can stream',
    changes: { version: { source: bucket } },
    path: 'spec.engine.image',
  },
  {
    name: 'AMD without an image for it',
    changes: { gpuResource: 'amd.com/gpu', gpuProducts: [] },
    path: 'spec.engine.image',
  },
  {
    name: 'a bucket on AMD',
    changes: { version: { source: bucket }, gpuResource: 'amd.com/gpu', deployment: { engine: { image: 'x' } } },
    path: 'spec.version',
  },
  {
    name: 'a loader beside the one that the quantization needs',
    changes: {
      deployment: {
        quantization: { weights: 'bitsandbytes', kvCache: null },
        engine: { args: { 'load-format': 'safetensors' } },
      },
    },
    path: 'spec.engine.args.load-format',
  },
  {
    name: 'a GGUF file in a repository',
    changes: { version: { source: hub, format: 'gguf', dtype: null } },
    path: 'spec.version',
  },
])('SGLang refuses $name', ({ changes, path }) => {
  expect(problemsOf(render(changes)).map((problem) => problem.path)).toEqual([path]);
});

test('a bucket is streamed by an image of one’s own', () => {
  const changes = { version: { source: bucket }, deployment: { engine: { image: 'example.test/sglang-runai:1' } } };
  expect(workloadOf(render(changes)).command.join(' ')).toContain('--model-path s3://weights/chat');
});
