import { describe, expect, test } from '@jest/globals';
import { flagValue, problemsOf, renderedOf, workloadOf } from '../conformance.ts';
import type { InputChanges } from '../conformance-inputs.ts';
import { anInput, bucket, hub } from '../conformance-inputs.ts';
import { simulated } from '../simulated/index.ts';
import { vllm } from './index.ts';

const render = (changes: InputChanges = {}) => vllm.render(anInput(vllm, changes));

describe('a replica of vLLM', () => {
  test('drains as long as the deployment says, from the version on that can', () => {
    const at = (version: string) => workloadOf(render({ deployment: { engine: { version } } }));
    expect(flagValue(at('0.18.0').command, '--shutdown-timeout')).toBe('600');
    expect(flagValue(at('0.17.1').command, '--shutdown-timeout')).toBeUndefined();
    expect(at('0.17.1').drain.timeoutSeconds).toBe(0);
  });

  test('pins model and tokenizer to the commit, and asks no hub for weights at hand', () => {
    const { command, env } = workloadOf(render({ version: { source: hub } }));
    expect(flagValue(command, '--revision')).toMatch(/^[0-9a-f]{40}$/);
    expect(flagValue(command, '--tokenizer-revision')).toBe(flagValue(command, '--revision'));
    expect(env.HF_HUB_OFFLINE).toBeUndefined();
    expect(workloadOf(render()).env.HF_HUB_OFFLINE).toBe('1');
  });

  test('has shared memory for its tensor-parallel processes, unless told how much', () => {
    const size = (changes: InputChanges) => workloadOf(render(changes)).resources.sharedMemoryBytes / 1024 ** 3;
    expect(size({})).toBe(2);
    expect(size({ deployment: { parallelism: { tensor: 2, pipeline: 1 } } })).toBe(16);
    const resources = { cpu: null, memoryBytes: null, sharedMemoryBytes: 1024 ** 3 };
    expect(size({ deployment: { resources } })).toBe(1);
  });

  test.each([
    [['NVIDIA-H100-80GB-HBM3'], {}, 1024],
    [['NVIDIA-A100-SXM4-80GB'], {}, 256],
    [['NVIDIA-H100-80GB-HBM3', 'NVIDIA-L4'], {}, 256],
    [['NVIDIA-H100-80GB-HBM3', 'NVIDIA-X9000'], {}, null],
    [[], {}, null],
    [[], { 'max-num-seqs': '64' }, 64],
  ])('on %j with %j takes %j requests at once', (gpuProducts, args, limit) => {
    expect(renderedOf(render({ gpuProducts, deployment: { engine: { args } } })).maxInFlightPerReplica).toBe(limit);
  });

  test('lets the user say what else not to log', () => {
    const args = { 'disable-access-log-for-endpoints': '/ping' };
    const { command } = workloadOf(render({ deployment: { engine: { args } } }));
    expect(command.filter((word) => word.startsWith('--disable-access-log'))).toHaveLength(1);
  });
});

describe('vLLM refuses', () => {
  test.each<{ name: string; changes: InputChanges; path: string; message: RegExp }>([
    {
      name: 'weights that Triton serves',
      changes: { version: { format: 'onnx' } },
      path: 'spec.version',
      message: /use engine triton/,
    },
    {
      name: 'a GGUF file in a repository, which holds several',
      changes: { version: { format: 'gguf', source: hub }, deployment: { engine: { version: '0.23.0' } } },
      path: 'spec.version',
      message: /must be named/,
    },
    {
      name: 'a bucket of an unknown kind',
      changes: { version: { source: { ...bucket, kind: 'objectStore', uri: 'ftp://a/b', digest: 'd', secret: null } } },
      path: 'spec.version',
      message: /s3:\/\/ and gs:\/\//,
    },
    {
      name: 'a Google bucket with a key',
      changes: { version: { source: { kind: 'objectStore', uri: 'gs://a/b', digest: 'd', secret: 's' } } },
      path: 'spec.version',
      message: /workload identity/,
    },
    {
      name: 'weights that cannot be streamed',
      changes: { version: { source: bucket, format: 'pytorch' } },
      path: 'spec.version',
      message: /Only safetensors/,
    },
    {
      name: 'another loader for a bucket',
      changes: { version: { source: bucket }, deployment: { engine: { args: { 'load-format': 'pt' } } } },
      path: 'spec.engine.args.load-format',
      message: /streamed/,
    },
    {
      name: 'a GPU that its image has no code for',
      changes: { gpuProducts: ['Tesla-V100-SXM2-16GB'] },
      path: 'spec.engine.version',
      message: /0\.19\.1 or older/,
    },
    {
      name: 'an internal port from the environment',
      changes: { deployment: { engine: { env: { VLLM_PORT: '1' } } } },
      path: 'spec.engine.env.VLLM_PORT',
      message: /internal port/,
    },
  ])('$name', ({ changes, path, message }) => {
    expect(problemsOf(render(changes))).toEqual([
      expect.objectContaining({ path, message: expect.stringMatching(message) }),
    ]);
  });
});

describe('the simulated engine', () => {
  test('is started with the very arguments of vLLM', () => {
    const changes: InputChanges = { version: { format: 'safetensors', source: hub } };
    const real = workloadOf(render(changes));
    const copy = workloadOf(simulated.render(anInput(simulated, changes)));
    expect(copy.localCommand).toEqual(['node', '{simulatedEngine}', ...real.command.slice(2)]);
    expect(copy.command).toEqual(['simulated-engine', ...real.command.slice(2)]);
    expect({ ...copy.probes, ...copy.env }).toEqual({ ...real.probes, ...real.env });
  });

  test('takes the GPUs of its parallelism, or as many as it is told, without telling the program', () => {
    const parallelism = { tensor: 2, pipeline: 2 };
    const at = (args: Record<string, number>) =>
      workloadOf(simulated.render(anInput(simulated, { deployment: { parallelism, engine: { args } } })));
    expect(at({}).accelerator.count).toBe(4);
    expect(at({ 'sim-gpus': 0 }).accelerator.count).toBe(0);
    expect(at({ 'sim-gpus': 0, 'sim-load-ms': 5 }).command.join(' ')).toMatch(/\/health,\/metrics --sim-load-ms 5$/);
  });
});
