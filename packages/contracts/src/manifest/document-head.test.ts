import { describe, expect, test } from '@jest/globals';
import { problemsIn } from './testing/problems-in.ts';
import { deployment, manifest, type Row } from './testing/spoilt-specs.ts';

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
