import { describe, expect, test } from '@jest/globals';
import { problemsIn } from '../testing/problems-in.ts';
import { deployment, type Row, rows } from '../testing/spoilt-specs.ts';

const deploymentFields = [
  'model',
  'version',
  'engine',
  'quantization',
  'parallelism',
  'placement',
  'resources',
  'scaling',
  'rollout',
  'drain',
  'startupTimeout',
  'imagePullSecrets',
];

describe('what is wrong with a deployment', () => {
  test.each<Row>([
    ...rows('Deployment', {
      'a misspelt field, and others missing': {
        spec: 'modle: m\nversion: v1',
        want: [
          {
            message:
              'missing: expected the name of a model: at most 63 characters of lower-case letters, digits, "-" and ".", starting and ending with a letter or digit',
            path: 'spec.model',
            line: 4,
            column: 1,
          },
          { message: 'missing: expected a map', path: 'spec.engine', line: 4, column: 1 },
          {
            message: 'there is no field "modle"',
            path: 'spec.modle',
            line: 5,
            column: 3,
            allowed: deploymentFields,
            nearest: 'model',
          },
        ],
      },
      'no engine version, beside another problem': {
        spec: 'model: M\nversion: v1\nengine: { name: vllm }',
        want: [
          {
            message:
              'expected the name of a model: at most 63 characters of lower-case letters, digits, "-" and ".", starting and ending with a letter or digit, got "M"',
            path: 'spec.model',
            line: 5,
            column: 10,
          },
          {
            message: 'missing: expected the version of the engine, such as 0.32.0',
            path: 'spec.engine.version',
            line: 7,
            column: 3,
          },
        ],
      },
      'an engine version that YAML takes for a number': {
        spec: 'model: m\nversion: v1\nengine: { name: triton, version: 26.07 }',
        want: [
          {
            message: 'expected a version such as 0.32.0, got the number 26.07: put it in quotes',
            path: 'spec.engine.version',
            line: 7,
            column: 36,
          },
        ],
      },
      'environment values, which are never repeated': {
        spec: 'model: m\nversion: v1\nengine: { name: vllm, version: 0.32.0, env: { HF_TOKEN: 12345 }, args: { api-key: [hunter2] } }',
        want: [
          {
            message: 'expected text, got a number: put it in quotes',
            path: 'spec.engine.env.HF_TOKEN',
            line: 7,
            column: 59,
          },
          {
            message: 'expected text, a number, true, false or null, got a list',
            path: 'spec.engine.args.api-key',
            line: 7,
            column: 76,
          },
        ],
      },
      'a variable that cannot be one': {
        spec: 'model: m\nversion: v1\nengine: { name: vllm, version: 0.32.0, env: { "A B": x } }',
        want: [
          {
            message: 'expected the name of an environment variable: letters, digits and "_", got "A B"',
            path: 'spec.engine.env["A B"]',
            line: 7,
            column: 49,
          },
        ],
      },
      'a quantization that nobody knows': {
        spec: deployment('quantization: { weights: fp9, kvcache: fp8 }'),
        want: [
          {
            message:
              'expected one of fp8, int8, awq, gptq, compressed-tensors, bitsandbytes, nvfp4, mxfp4, gguf, modelopt, got "fp9"',
            path: 'spec.quantization.weights',
            line: 8,
            column: 28,
            allowed: [
              'fp8',
              'int8',
              'awq',
              'gptq',
              'compressed-tensors',
              'bitsandbytes',
              'nvfp4',
              'mxfp4',
              'gguf',
              'modelopt',
            ],
            nearest: 'fp8',
          },
          {
            message: 'there is no field "kvcache"',
            path: 'spec.quantization.kvcache',
            line: 8,
            column: 33,
            allowed: ['weights', 'kvCache'],
            nearest: 'kvCache',
          },
        ],
      },
      'sizes and processors': {
        spec: deployment('resources: { cpu: 0, memory: 64gb, sharedMemory: -1 }'),
        want: [
          {
            message: 'expected processors such as 4, 0.5 or 500m, got the number 0',
            path: 'spec.resources.cpu',
            line: 8,
            column: 21,
          },
          {
            message: 'expected a size in bytes such as 16Gi, 500Mi or 2G, got "64gb"',
            path: 'spec.resources.memory',
            line: 8,
            column: 32,
          },
          {
            message: 'expected a size in bytes such as 16Gi, 500Mi or 2G, got the number -1',
            path: 'spec.resources.sharedMemory',
            line: 8,
            column: 52,
          },
        ],
      },
      'pools twice': {
        spec: deployment('placement: { pools: [a, b, a], spread: nodes }'),
        want: [
          { message: 'a is listed twice', path: 'spec.placement.pools[2]', line: 8, column: 30 },
          {
            message: 'expected one of node, none, got "nodes"',
            path: 'spec.placement.spread',
            line: 8,
            column: 42,
            allowed: ['node', 'none'],
            nearest: 'node',
          },
        ],
      },
      'bounds that cross': {
        spec: deployment('scaling: { min: 5, max: 2 }'),
        want: [{ message: '2 is less than min, which is 5', path: 'spec.scaling.max', line: 8, column: 27 }],
      },
      'no replicas, and windows without units': {
        spec: deployment('scaling: { min: 0, max: "3", scaleUpWindow: 30, scaleDownWindow: 1m30 }'),
        want: [
          {
            message: 'expected a whole number from 1 to 10000, got the number 0',
            path: 'spec.scaling.min',
            line: 8,
            column: 19,
          },
          {
            message: 'expected a whole number from 1 to 10000, got "3"',
            path: 'spec.scaling.max',
            line: 8,
            column: 27,
          },
          {
            message: 'expected a duration such as 90s, 10m or 1h30m and at most 30d, got the number 30',
            path: 'spec.scaling.scaleUpWindow',
            line: 8,
            column: 47,
          },
          {
            message: 'expected a duration such as 90s, 10m or 1h30m and at most 30d, got "1m30"',
            path: 'spec.scaling.scaleDownWindow',
            line: 8,
            column: 68,
          },
        ],
      },
    }),
  ])('$name', ({ text, want }) => expect(problemsIn(text)).toEqual(want));
});
