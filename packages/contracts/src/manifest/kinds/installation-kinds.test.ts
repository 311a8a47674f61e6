import { describe, expect, test } from '@jest/globals';
import { problemsIn } from '../testing/problems-in.ts';
import { type Row, rows } from '../testing/spoilt-specs.ts';

describe('what is wrong with projects, clusters and pools', () => {
  test.each<Row>([
    ...rows('Project', {
      'an unknown field': {
        spec: 'descripton: x',
        want: [
          {
            message: 'there is no field "descripton"',
            path: 'spec.descripton',
            line: 5,
            column: 3,
            allowed: ['description', 'limits'],
            nearest: 'description',
          },
        ],
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
  ])('$name', ({ text, want }) => expect(problemsIn(text)).toEqual(want));
});
