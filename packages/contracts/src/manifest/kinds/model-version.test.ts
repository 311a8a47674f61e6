import { describe, expect, test } from '@jest/globals';
import { problemsIn } from '../testing/problems-in.ts';
import { type Row, rows, source, version } from '../testing/spoilt-specs.ts';

describe('what is wrong with models and their versions', () => {
  test.each<Row>([
    ...rows('Model', {
      'a map instead of text': {
        spec: 'licence: { name: mit }',
        want: [{ message: 'expected text, got a map', path: 'spec.licence', line: 5, column: 3 }],
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
  ])('$name', ({ text, want }) => expect(problemsIn(text)).toEqual(want));
});
