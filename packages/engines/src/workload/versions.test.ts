import { expect, test } from '@jest/globals';
import { checkVersion, compareVersions } from './versions.ts';

test('versions are ordered by their numbers', () => {
  const versions = ['0.10.0', '0.9.2', '0.32.0', '26.01', '0.9.10'];
  expect(versions.sort(compareVersions)).toEqual(['0.9.2', '0.9.10', '0.10.0', '0.32.0', '26.01']);
});

test.each([
  ['v0.24.0', '0.24.0'],
  ['0.24.3', '0.24.0'],
  ['99', '0.32.0'],
  ['0.1.0', '0.20.0'],
  ['latest', '0.20.0'],
])('%s is refused, and %s is suggested', (version, nearest) => {
  const known = ['0.32.0', '0.24.0', '0.20.0'];
  expect(checkVersion('vLLM', version, known)).toMatchObject([
    { path: 'spec.engine.version', allowed: known, nearest },
  ]);
});
