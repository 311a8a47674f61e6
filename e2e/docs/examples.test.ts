import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseManifests } from '@signalbox/contracts';
import { engines } from '@signalbox/engines';

const examples = join(import.meta.dirname, '../../examples');
const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(ya?ml|json)$/.test(name),
);
const engineVersions = Object.fromEntries(engines.map(({ name, versions }) => [name, versions[0] ?? '']));

test.each(['quickstart', 'broken', 'limits'])(
  'everything in examples/%s that apply would take is a manifest',
  (folder) => {
    const sources = files
      .filter((name) => name.startsWith(`${folder}/`))
      .map((file) => ({ file, text: readFileSync(join(examples, file), 'utf8') }));
    expect(sources.length).toBeGreaterThan(0);
    expect(parseManifests(sources, { engineVersions })).toMatchObject({ kind: 'parsed' });
  },
);

test.each(['README.md', 'docs/limits.md'])('the manifests of %s are valid', (page) => {
  const markdown = readFileSync(join(examples, '..', page), 'utf8');
  const sources = [...markdown.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text], i) => ({
    file: `${page}-${i}.yaml`,
    text: text ?? '',
  }));
  expect(sources.length).toBeGreaterThan(0);
  expect(parseManifests(sources, { engineVersions })).toMatchObject({ kind: 'parsed' });
});
