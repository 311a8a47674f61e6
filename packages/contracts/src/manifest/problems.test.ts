import { describe, expect, test } from '@jest/globals';
import type { Problem } from '@signalbox/domain';
import { problemsIn } from './testing/problems-in.ts';

/** Line 4 is `spec:`, so what a row writes begins in line 5, indented by two. */
function manifest(kind: string, spec: string, metadata = 'name: a'): string {
  const lines = spec.split('\n').map((line) => `  ${line}\n`);
  return `apiVersion: signalbox.dev/v1\nkind: ${kind}\nmetadata: { ${metadata} }\nspec:\n${lines.join('')}`;
}

interface Row {
  name: string;
  text: string;
  want: readonly Problem[];
}

const rows = (kind: string, table: Record<string, { spec: string; want: readonly Problem[] }>): Row[] =>
  Object.entries(table).map(([name, { spec, want }]) => ({
    name: `${kind}: ${name}`,
    text: manifest(kind, spec),
    want,
  }));

const deployment = (more: string) => `model: m\nversion: v1\nengine: { name: vllm, version: 0.32.0 }\n${more}`;
const version = (more: string) => `model: m\nversion: v1\n${more}`;
const source = (written: string) => version(`source: ${written}`);

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

describe('the head of a document', () => {
  test.each<Row>([
    {
      name: 'no apiVersion',
      text: 'kind: Model\nmetadata: { name: m }\n',
      want: [
        {
          message: 'missing: expected one of signalbox.dev/v1',
          path: 'apiVersion',
          line: 1,
          column: 1,
          allowed: ['signalbox.dev/v1'],
        },
      ],
    },
    {
      name: 'another apiVersion',
      text: 'apiVersion: signalbox.dev/v2\nkind: Model\nmetadata: { name: m }\n',
      want: [
        {
          message: 'expected one of signalbox.dev/v1, got "signalbox.dev/v2"',
          path: 'apiVersion',
          line: 1,
          column: 13,
          allowed: ['signalbox.dev/v1'],
          nearest: 'signalbox.dev/v1',
        },
      ],
    },
    {
      name: 'a misspelt kind',
      text: 'apiVersion: signalbox.dev/v1\nkind: Deploymnet\nmetadata: { name: m }\n',
      want: [
        {
          message: 'expected one of Project, Cluster, Pool, Model, ModelVersion, Deployment, Route, got "Deploymnet"',
          path: 'kind',
          line: 2,
          column: 7,
          allowed: ['Project', 'Cluster', 'Pool', 'Model', 'ModelVersion', 'Deployment', 'Route'],
          nearest: 'Deployment',
        },
      ],
    },
    {
      name: 'no metadata',
      text: 'apiVersion: signalbox.dev/v1\nkind: Model\n',
      want: [{ message: 'missing: expected a map', path: 'metadata', line: 1, column: 1 }],
    },
    {
      name: 'an unknown field at the top',
      text: 'apiVersion: signalbox.dev/v1\nkind: Model\nmetadata: { name: m }\nspecs: {}\n',
      want: [
        {
          message: 'there is no field "specs"',
          path: 'specs',
          line: 4,
          column: 1,
          allowed: ['apiVersion', 'kind', 'metadata', 'spec'],
          nearest: 'spec',
        },
      ],
    },
    {
      name: 'a list',
      text: '- apiVersion: signalbox.dev/v1\n',
      want: [
        {
          message: 'expected a manifest (a map with apiVersion, kind, metadata and spec), got a list',
          line: 1,
          column: 1,
        },
      ],
    },
    {
      name: 'a name that is too long for a deployment',
      text: manifest('Deployment', deployment(''), `name: ${'a'.repeat(41)}`),
      want: [
        {
          message: `expected a name: at most 40 characters of lower-case letters, digits and "-", starting and ending with a letter or digit, got "${'a'.repeat(41)}"`,
          path: 'metadata.name',
          line: 3,
          column: 19,
        },
      ],
    },
    {
      name: 'a name that YAML takes for a number',
      text: manifest('Pool', 'cluster: west', 'name: 100'),
      want: [
        {
          message:
            'expected a name: at most 63 characters of lower-case letters, digits and "-", starting and ending with a letter or digit, got the number 100: put it in quotes',
          path: 'metadata.name',
          line: 3,
          column: 19,
        },
      ],
    },
    {
      name: 'a project for what belongs to none',
      text: manifest('Pool', 'cluster: west', 'name: a, project: default'),
      want: [
        { message: 'a Pool belongs to no project: leave this out', path: 'metadata.project', line: 3, column: 31 },
      ],
    },
    {
      name: 'labels that are none',
      text: manifest('Model', 'licence: mit', 'name: a, labels: { team: [a], "a b": x, tier: a b, on: true }'),
      want: [
        { message: 'expected text, got a list', path: 'metadata.labels.team', line: 3, column: 32 },
        {
          message: 'expected a key such as team or example.com/team, got "a b"',
          path: 'metadata.labels["a b"]',
          line: 3,
          column: 43,
        },
        {
          message:
            'expected a label: at most 63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit, got "a b"',
          path: 'metadata.labels.tier',
          line: 3,
          column: 59,
        },
        {
          message: 'expected text, got the boolean true: put it in quotes',
          path: 'metadata.labels.on',
          line: 3,
          column: 68,
        },
      ],
    },
  ])('$name', ({ text, want }) => expect(problemsIn(text)).toEqual(want));
});

describe('specs', () => {
  const table: Row[] = [
    ...rows('Project', {
      'an unknown field': {
        spec: 'descripton: x',
        want: [
          {
            message: 'there is no field "descripton"',
            path: 'spec.descripton',
            line: 5,
            column: 3,
            allowed: ['description'],
            nearest: 'description',
          },
        ],
      },
    }),
    ...rows('Model', {
      'a map instead of text': {
        spec: 'licence: { name: mit }',
        want: [{ message: 'expected text, got a map', path: 'spec.licence', line: 5, column: 3 }],
      },
    }),
    ...rows('Cluster', {
      'neither local nor kubernetes': {
        spec: 'locl: {}',
        want: [
          {
            message: 'there is no field "locl"',
            path: 'spec.locl',
            line: 5,
            column: 3,
            allowed: ['local', 'kubernetes'],
            nearest: 'local',
          },
        ],
      },
      'nothing at all': {
        spec: '{}',
        want: [
          {
            message: 'write one of local, kubernetes',
            path: 'spec',
            line: 4,
            column: 1,
            allowed: ['local', 'kubernetes'],
          },
        ],
      },
      both: {
        spec: 'local: {}\nkubernetes: { namespace: a }',
        want: [
          {
            message: 'write only one of these: local, kubernetes',
            path: 'spec',
            line: 4,
            column: 1,
            allowed: ['local', 'kubernetes'],
          },
        ],
      },
      'a size without a unit that exists': {
        spec: 'local: { gpus: [{ product: L4, memory: 24GB }] }',
        want: [
          {
            message: 'expected a size in bytes such as 16Gi, 500Mi or 2G, got "24GB"',
            path: 'spec.local.gpus[0].memory',
            line: 5,
            column: 42,
          },
        ],
      },
      'no namespace': {
        spec: 'kubernetes: { context: west }',
        want: [
          {
            message:
              'missing: expected the name of a namespace: at most 63 characters of lower-case letters, digits and "-", starting and ending with a letter or digit',
            path: 'spec.kubernetes.namespace',
            line: 5,
            column: 3,
          },
        ],
      },
    }),
    ...rows('Pool', {
      'tolerations that contradict themselves': {
        spec: 'cluster: west\ntolerations:\n  - { key: a, operator: Exists, value: b }\n  - { key: a, operator: Equal }\n  - { key: a, effect: NoExecut }',
        want: [
          {
            message: 'Exists takes no value: leave it out, or write Equal',
            path: 'spec.tolerations[0].value',
            line: 7,
            column: 42,
          },
          { message: 'missing: Equal compares with a value', path: 'spec.tolerations[1].value', line: 8, column: 7 },
          {
            message: 'expected one of NoSchedule, PreferNoSchedule, NoExecute, got "NoExecut"',
            path: 'spec.tolerations[2].effect',
            line: 9,
            column: 25,
            allowed: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
            nearest: 'NoExecute',
          },
        ],
      },
      'a resource without a domain': {
        spec: 'cluster: west\ngpuResource: gpu',
        want: [
          {
            message: 'expected an extended resource such as nvidia.com/gpu, got "gpu"',
            path: 'spec.gpuResource',
            line: 6,
            column: 16,
          },
        ],
      },
    }),
    ...rows('ModelVersion', {
      'two sources': {
        spec: source('{ oci: { reference: a/b:v1 }, localPath: /a }'),
        want: [
          {
            message: 'write only one of these: oci, localPath',
            path: 'spec.source',
            line: 7,
            column: 3,
            allowed: ['huggingFace', 'oci', 'objectStore', 'volumeClaim', 'localPath'],
          },
        ],
      },
      'a misspelt source': {
        spec: source('{ hugingFace: {} }'),
        want: [
          {
            message: 'there is no field "hugingFace"',
            path: 'spec.source.hugingFace',
            line: 7,
            column: 13,
            allowed: ['huggingFace', 'oci', 'objectStore', 'volumeClaim', 'localPath'],
            nearest: 'huggingFace',
          },
        ],
      },
      'a commit that YAML takes for a number': {
        spec: source('{ huggingFace: { repo: a/b, revision: 1234567 } }'),
        want: [
          {
            message: 'expected a commit, tag or branch, got the number 1234567: put it in quotes',
            path: 'spec.source.huggingFace.revision',
            line: 7,
            column: 49,
          },
        ],
      },
      'another store': {
        spec: source('{ objectStore: { uri: "https://bucket/path", digest: abc } }'),
        want: [
          {
            message: 'expected an address such as s3://bucket/path or gs://bucket/path, got "https://bucket/path"',
            path: 'spec.source.objectStore.uri',
            line: 7,
            column: 33,
          },
          {
            message: 'expected a digest: sha256: and 64 hex digits, got "abc"',
            path: 'spec.source.objectStore.digest',
            line: 7,
            column: 64,
          },
        ],
      },
      'a way out of the volume': {
        spec: source('{ volumeClaim: { claim: weights, path: ../other } }'),
        want: [
          {
            message: 'expected a path in the volume, without .., got "../other"',
            path: 'spec.source.volumeClaim.path',
            line: 7,
            column: 50,
          },
        ],
      },
      'facts and scores of the wrong type': {
        spec: version(
          'source: { localPath: /a }\nformat: safetensor\narchitecture: { layers: 0.5, kvHead: 8 }\nevaluations: { mmlu: good }\nlineage: { parent: 3 }',
        ),
        want: [
          {
            message:
              'expected one of safetensors, gguf, pytorch, onnx, tensorrt, triton-repository, simulated, got "safetensor"',
            path: 'spec.format',
            line: 8,
            column: 11,
            allowed: ['safetensors', 'gguf', 'pytorch', 'onnx', 'tensorrt', 'triton-repository', 'simulated'],
            nearest: 'safetensors',
          },
          {
            message: 'expected a whole number from 1 to 1000000000, got the number 0.5',
            path: 'spec.architecture.layers',
            line: 9,
            column: 27,
          },
          {
            message: 'there is no field "kvHead"',
            path: 'spec.architecture.kvHead',
            line: 9,
            column: 32,
            allowed: ['parameters', 'layers', 'kvHeads', 'headSize', 'hiddenSize', 'contextLength'],
            nearest: 'kvHeads',
          },
          { message: 'expected a number, got "good"', path: 'spec.evaluations.mmlu', line: 10, column: 24 },
          {
            message: 'expected text, got the number 3: put it in quotes',
            path: 'spec.lineage.parent',
            line: 11,
            column: 22,
          },
        ],
      },
    }),
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
      'what a later release brings': {
        spec: deployment(
          'scaling: { objective: { ttftP95: 800ms }, scaleToZeroAfter: 10m }\nrollout:\n  judge: { errors: { alpha: 0.01 } }\n  steps: [{ shadow: 10%, for: 10m }]',
        ),
        want: [
          {
            message: 'scaling by objective is not supported yet: leave it out',
            path: 'spec.scaling.objective',
            line: 8,
            column: 14,
          },
          {
            message: 'scaling to zero is not supported yet: leave it out',
            path: 'spec.scaling.scaleToZeroAfter',
            line: 8,
            column: 63,
          },
          { message: 'the judge is not supported yet: leave it out', path: 'spec.rollout.judge', line: 10, column: 5 },
          {
            message: 'a shadow step is not supported yet: leave it out',
            path: 'spec.rollout.steps[0].shadow',
            line: 11,
            column: 23,
          },
        ],
      },
      'weights that fall, repeat or leave their range': {
        spec: deployment('rollout: { steps: [{ weight: 50 }, { weight: 25 }, { weight: 25 }, { weight: 100 }] }'),
        want: [
          {
            message: 'weights rise from step to step: 25 does not come after 50',
            path: 'spec.rollout.steps[1].weight',
            line: 8,
            column: 48,
          },
          {
            message: 'weights rise from step to step: 25 does not come after 25',
            path: 'spec.rollout.steps[2].weight',
            line: 8,
            column: 64,
          },
        ],
      },
      'steps that are none': {
        spec: deployment(
          'rollout:\n  steps:\n    - { weight: 0 }\n    - {}\n    - { weight: 5, wait: 5m }\n    - { wait: 5m, for: 5m }\n    - { aproval: { role: a } }',
        ),
        want: [
          {
            message: 'expected a whole number from 1 to 100, got the number 0',
            path: 'spec.rollout.steps[0].weight',
            line: 10,
            column: 19,
          },
          {
            message: 'write one of weight, approval, wait',
            path: 'spec.rollout.steps[1]',
            line: 11,
            column: 9,
            allowed: ['weight', 'approval', 'wait'],
          },
          {
            message: 'write only one of these: weight, wait',
            path: 'spec.rollout.steps[2]',
            line: 12,
            column: 9,
            allowed: ['weight', 'approval', 'wait'],
          },
          {
            message: 'only a weight is held for a time: write wait: instead',
            path: 'spec.rollout.steps[3].for',
            line: 13,
            column: 26,
          },
          {
            message: 'there is no field "aproval"',
            path: 'spec.rollout.steps[4].aproval',
            line: 14,
            column: 11,
            allowed: ['weight', 'for', 'approval', 'wait'],
            nearest: 'approval',
          },
        ],
      },
      'a misspelt step alone': {
        spec: deployment('rollout: { steps: [{ weight: 5 }, { wheight: 50 }] }'),
        want: [
          {
            message: 'there is no field "wheight"',
            path: 'spec.rollout.steps[1].wheight',
            line: 8,
            column: 39,
            allowed: ['weight', 'for', 'approval', 'wait'],
            nearest: 'weight',
          },
        ],
      },
      'a step after the end': {
        spec: deployment('rollout: { steps: [{ weight: 100 }, { wait: 5m }] }'),
        want: [
          {
            message: 'a rollout ends with weight 100: nothing can come after it',
            path: 'spec.rollout.steps[1]',
            line: 8,
            column: 39,
          },
        ],
      },
      'steps for a strategy that has its own': {
        spec: deployment('rollout: { strategy: rolling, steps: [{ weight: 50 }] }'),
        want: [
          {
            message: 'steps belong to a canary; rolling has its own: leave them out',
            path: 'spec.rollout.steps',
            line: 8,
            column: 33,
          },
        ],
      },
      'percentages that were meant otherwise': {
        spec: deployment(
          'rollout: { gate: { maxErrorRateIncrease: 2, maxTtftIncrease: 20 percent, onNoData: waite } }',
        ),
        want: [
          {
            message: 'expected a percentage such as 2% (or 0.02), at most 100%, got the number 2',
            path: 'spec.rollout.gate.maxErrorRateIncrease',
            line: 8,
            column: 44,
          },
          {
            message: 'expected a percentage such as 2% (or 0.02), at most 1000%, got "20 percent"',
            path: 'spec.rollout.gate.maxTtftIncrease',
            line: 8,
            column: 64,
          },
          {
            message: 'expected one of wait, fail, got "waite"',
            path: 'spec.rollout.gate.onNoData',
            line: 8,
            column: 86,
            allowed: ['wait', 'fail'],
            nearest: 'wait',
          },
        ],
      },
    }),
    ...rows('Route', {
      'timeouts of nothing, a list of deployments, another access': {
        spec: 'deployment: [chat]\naccess: public\ntimeouts: { total: 0s, firstbyte: 1s }',
        want: [
          {
            message:
              'expected the name of a deployment: at most 40 characters of lower-case letters, digits and "-", starting and ending with a letter or digit, got a list',
            path: 'spec.deployment',
            line: 5,
            column: 3,
          },
          {
            message: 'expected one of keys, open, got "public"',
            path: 'spec.access',
            line: 6,
            column: 11,
            allowed: ['keys', 'open'],
          },
          {
            message: 'expected a duration such as 90s, 10m or 1h30m, at least 1ms and at most 30d, got "0s"',
            path: 'spec.timeouts.total',
            line: 7,
            column: 22,
          },
          {
            message: 'there is no field "firstbyte"',
            path: 'spec.timeouts.firstbyte',
            line: 7,
            column: 26,
            allowed: ['firstByte', 'betweenBytes', 'total'],
            nearest: 'firstByte',
          },
        ],
      },
      'a name that callers could not send': {
        spec: 'deployment: chat\nmodel: a b',
        want: [
          {
            message: 'expected a public model name: at most 128 letters, digits, ".", "_", "/" and "-", got "a b"',
            path: 'spec.model',
            line: 6,
            column: 10,
          },
        ],
      },
    }),
  ];

  test.each(table)('$name', ({ text, want }) => expect(problemsIn(text)).toEqual(want));
});

describe('what a message repeats', () => {
  test.each([
    { name: 'an address with a password in it', spec: source('{ objectStore: { uri: "s3://key:hunter2@bucket" } }') },
    {
      name: 'a field named like a secret',
      spec: deployment('resources: { cpu: { apiKey: hunter2 }, accessKey: hunter2 }'),
    },
    {
      name: 'an argument that carries a key',
      spec: deployment('').replace('}', ', args: { api-key: { a: hunter2 } } }'),
    },
  ])('is never $name', ({ spec }) => {
    const kind = spec.includes('source') ? 'ModelVersion' : 'Deployment';
    const problems = problemsIn(manifest(kind, spec));
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test('is short', () => {
    const [problem] = problemsIn(manifest('Model', `licence: ${'x'.repeat(3_000)}`));
    expect(problem?.message).toBe('longer than 2000 characters');
    const [name] = problemsIn(manifest('Model', '{}', `name: ${'X'.repeat(3_000)}`));
    expect(name?.message.length).toBeLessThan(300);
  });
});
