import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { manifestJsonSchema } from './manifest-json-schema.ts';
import { renderManifest } from './render-manifest.ts';
import { completeManifests } from './testing/complete-manifests.ts';
import { manifestsIn } from './testing/problems-in.ts';

const manifests = manifestsIn(completeManifests);

test.each([
  ['parsed.json', manifests],
  ['rendered.json', manifests.map(renderManifest)],
  ['manifest.schema.json', manifestJsonSchema()],
])('%s is the golden one (jest --ci=false -u rewrites it)', (name, value) => {
  const golden = new URL(`./golden/${name}`, import.meta.url);
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (process.argv.includes('-u') || process.argv.includes('--updateSnapshot')) writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, 'utf8'));
});

test('the JSON Schema takes what the parser takes', () => {
  const schema = z.fromJSONSchema(manifestJsonSchema() as z.core.JSONSchema.JSONSchema);
  for (const manifest of manifests) {
    expect(schema.safeParse(renderManifest(manifest))).toMatchObject({ success: true });
  }
  const misspelt = { apiVersion: 'signalbox.dev/v1', kind: 'Model', metadata: { name: 'm' }, spec: { license: 'mit' } };
  expect(schema.safeParse(misspelt).success).toBe(false);
});
