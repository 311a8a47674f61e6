import { describe, expect, test } from '@jest/globals';
import { problemsIn } from './testing/problems-in.ts';
import { deployment, manifest, source } from './testing/spoilt-specs.ts';

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
