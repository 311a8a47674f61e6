import { describe, expect, test } from '@jest/globals';
import type { EngineChoice } from '@signalbox/domain';
import { sglangArguments } from '../sglang/arguments.ts';
import { simulatedArguments } from '../simulated/arguments.ts';
import { tritonArguments } from '../triton/arguments.ts';
import { vllmArguments } from '../vllm/arguments.ts';
import { checkArguments } from './check-arguments.ts';
import { checkEnvironment } from './check-environment.ts';
import { renderArguments } from './render-arguments.ts';

type Args = EngineChoice['args'];

describe('an argument of an engine', () => {
  test.each<{ args: Args; message: RegExp; nearest?: string }>([
    { args: { port: 9000 }, message: /Signalbox sets --port itself\. The cluster decides/ },
    { args: { tp: 2 }, message: /spec\.parallelism\.tensor/ },
    { args: { 'tensor-parallel-size': 2 }, message: /spec\.parallelism\.tensor/ },
    { args: { quantization: 'fp8' }, message: /spec\.quantization\.weights/ },
    { args: { 'kv-cache-dtype': 'fp8' }, message: /spec\.quantization\.kvCache/ },
    { args: { revision: 'main' }, message: /part of the model version/ },
    { args: { 'api-key': 'k' }, message: /keys to the gateway/ },
    { args: { 'api-key': null }, message: /keys to the gateway/ },
    { args: { 'disable-log-stats': true }, message: /Without its metrics/ },
    { args: { 'max-modle-len': 1 }, message: /Did you mean --max-model-len/, nearest: 'max-model-len' },
    { args: { 'api-k': 'k' }, message: /Did you mean --api-key/, nearest: 'api-key' },
    { args: { 'served-model': 'x' }, message: /Did you mean --served-model-name/, nearest: 'served-model-name' },
    { args: { max_model_len: 1 }, message: /no flag name/, nearest: 'max-model-len' },
    { args: { '--max-num-seqs': 1 }, message: /no flag name/, nearest: 'max-num-seqs' },
    { args: { 'x; rm -rf /': true }, message: /no flag name/ },
    { args: { 'max-num-seqs': 'many' }, message: /takes a whole number of at least 1, not "many"/ },
    { args: { 'max-num-seqs': 0 }, message: /of at least 1/ },
    { args: { 'max-num-seqs': 1.5 }, message: /whole number/ },
    { args: { 'max-num-seqs': true }, message: /whole number/ },
    { args: { 'gpu-memory-utilization': 90 }, message: /a number from 0 to 1, not 90/ },
    { args: { 'enable-lora': 'yes' }, message: /write true or false/ },
    { args: { 'max-model-len': 'long' }, message: /positive whole number/ },
    { args: { 'compilation-config': '{oops' }, message: /JSON object/ },
    { args: { dtype: 'bfloat61' }, message: /one of auto/, nearest: 'bfloat16' },
    { args: { 'chat-template': true }, message: /takes a value/ },
    { args: { 'sim-load-ms': 5 }, message: /simulated engine only/ },
  ])('is refused: $args', ({ args, message, nearest }) => {
    const problems = checkArguments(args, vllmArguments);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.path).toBe(`spec.engine.args.${Object.keys(args)[0]}`);
    expect(problems[0]?.nearest).toBe(nearest);
  });

  test.each<{ args: Args }>([
    { args: { 'max-model-len': 16384, 'max-num-seqs': '128' } },
    { args: { 'max-model-len': '16k' } },
    { args: { 'no-enable-prefix-caching': true } },
    { args: { 'enable-lora': false, 'max-loras': null } },
    { args: { 'some-flag-of-next-year': 'x', 'another-brand-new-switch': true } },
    { args: { 'structured-outputs-config.backend': 'xgrammar' } },
    { args: { 'compilation-config': '{"level": 3}' } },
    { args: { constructor: 'x', 'to-string': 'y' } as Args },
  ])('is taken: $args', ({ args }) => {
    expect(checkArguments(args, vllmArguments)).toEqual([]);
  });

  test('of the simulation is taken by the simulated engine, and a slip of one is not', () => {
    expect(checkArguments({ 'sim-load-ms': 500, 'sim-hang': true, 'sim-fail-rate': 0.2 }, simulatedArguments)).toEqual(
      [],
    );
    expect(checkArguments({ 'sim-laod-ms': 500 }, simulatedArguments)[0]?.nearest).toBe('sim-load-ms');
  });

  test('that is a boolean with a value to Triton must not vanish as false', () => {
    expect(checkArguments({ 'allow-gpu-metrics': false }, tritonArguments)[0]?.message).toMatch(
      /write "false" in quotes/,
    );
    expect(checkArguments({ 'allow-gpu-metrics': 'false', 'log-info': true }, tritonArguments)).toEqual([]);
  });

  test('has the same owner in SGLang under every spelling', () => {
    const args = { tp: 2, 'tp-size': 2, 'tensor-parallel-size': 2, 'enable-metrics': true };
    expect(checkArguments(args, sglangArguments)).toHaveLength(4);
  });
});

describe('written out', () => {
  test('flags stand in order, true stands alone, false and null leave the flag out', () => {
    const args = { 'z-last': 'z', 'enable-lora': true, 'enforce-eager': false, seed: null, 'a-first': 1 };
    expect(renderArguments(args, vllmArguments, 'spaced')).toEqual([
      '--a-first',
      '1',
      '--enable-lora',
      '--z-last',
      'z',
    ]);
  });

  test('a value that begins with a dash is not taken for a flag', () => {
    expect(renderArguments({ 'chunked-prefill-size': -1 }, sglangArguments, 'spaced')).toEqual([
      '--chunked-prefill-size=-1',
    ]);
  });

  test('a list becomes several words, or the flag several times', () => {
    const loras = { 'lora-modules': 'a=/a  b=/b' };
    expect(renderArguments(loras, vllmArguments, 'spaced')).toEqual(['--lora-modules', 'a=/a', 'b=/b']);
    const backends = { 'backend-config': 'python,a=1 onnx,b=2' };
    const repeated = ['--backend-config=python,a=1', '--backend-config=onnx,b=2'];
    expect(renderArguments(backends, tritonArguments, 'joined')).toEqual(repeated);
  });

  test('any other value is one word, whatever is in it', () => {
    const args = { 'chat-template': '{{ a }} $(id) "b" ; c' };
    expect(renderArguments(args, vllmArguments, 'spaced')).toEqual(['--chat-template', '{{ a }} $(id) "b" ; c']);
  });
});

describe('the environment of an engine', () => {
  test.each([
    'HF_TOKEN',
    'OPENAI_API_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'DB_PASSWORD',
    'CUDA_VISIBLE_DEVICES',
    'A B',
  ])('%s is refused', (name) => {
    expect(checkEnvironment({ [name]: 'x' }, {})).toHaveLength(1);
  });

  test('other variables are taken', () => {
    const env = { TOKENIZERS_PARALLELISM: 'false', NCCL_DEBUG: 'INFO', AWS_ENDPOINT_URL: 'http://minio' };
    expect(checkEnvironment(env, {})).toEqual([]);
  });
});
