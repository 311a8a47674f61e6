import { expect, test } from '@jest/globals';
import { readSettings, UsageError } from './read-settings.ts';

const given = (line: string, env: Record<string, string> = {}) => readSettings(line.split(' '), env);

test('reads a vllm serve command line', () => {
  const line =
    'serve meta-llama/Llama-3.1-8B --served-model-name chat llama --host 0.0.0.0 --port 9000 --max-model-len 16k ' +
    '--max_num_seqs=32 -tp 2 --quantization fp8 --kv-cache-dtype fp8 --gpu-memory-utilization 0.9 --enable-lora ' +
    '--enable-sleep-mode --root-path /chat/ --api-key a b --shutdown-timeout 30';
  expect(given(line)).toMatchObject({
    model: 'meta-llama/Llama-3.1-8B',
    servedModelNames: ['chat', 'llama'],
    host: '0.0.0.0',
    port: 9000,
    maxModelLen: 16_000,
    maxNumSeqs: 32,
    kvCacheDtype: 'fp8',
    gpuMemoryUtilization: 0.9,
    enableLora: true,
    enableSleepMode: true,
    rootPath: '/chat',
    apiKeys: ['a', 'b'],
    shutdownTimeoutMs: 30_000,
    arguments: { 'tensor-parallel-size': '2', quantization: 'fp8', 'enable-lora': true, 'api-key': ['a', 'b'] },
  });
});

test.each([
  ['a model after a switch', 'serve --enforce-eager --no-enable-prefix-caching my/model', 'my/model'],
  ['a model by flag, without the word serve', '--model my/model --port 1', 'my/model'],
  ['a model before all', 'my/model --seed 1', 'my/model'],
  ['a model after a value', 'serve --dtype auto my/model', 'my/model'],
])('finds %s', (_name, line, model) => {
  expect(given(line).model).toBe(model);
});

test('a flag that nobody knows is recorded', () => {
  const { arguments: all } = given('serve m --brand-new-thing {"a":1} --other --enable-x');
  expect(all).toEqual({ model: 'm', 'brand-new-thing': '{"a":1}', other: true, 'enable-x': true });
});

test('simulation settings come from flags, then from the environment', () => {
  const settings = given('serve m --sim-load-ms 50 --sim-fail-rate 0.5 --sim-hang', {
    SIM_LOAD_MS: '7',
    SIM_DECODE_MS_PER_TOKEN: '2.5',
    SIM_GARBAGE: 'true',
    SIM_FAIL_AFTER_TOKENS: '3',
  });
  expect(settings.simulation).toMatchObject({ loadMs: 50, decodeMsPerToken: 2.5 });
  expect(settings.faults).toMatchObject({ failRate: 0.5, hang: true, garbage: true, failAfterTokens: 3 });
});

test.each([
  'serve m --sim-lod-ms 5',
  'serve m --sim-fail-rate 2',
  'serve m --max-model-len lots',
  'm --lora-modules x',
])('refuses %s', (line) => {
  expect(() => given(line)).toThrow(UsageError);
});

test("vLLM's own variables count", () => {
  expect(
    given('serve m', { VLLM_API_KEY: 'k', VLLM_SERVER_DEV_MODE: '1', VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True' }),
  ).toMatchObject({ apiKeys: ['k'], devMode: true, allowRuntimeLora: true });
});
