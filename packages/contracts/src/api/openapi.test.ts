import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { errorCatalogue } from '@signalbox/domain';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';

const golden = new URL('./golden/openapi.json', import.meta.url);
const document = openApiDocument({ version: '0.0.0' });
const text = `${JSON.stringify(document, null, 2)}\n`;

describe('the OpenAPI document', () => {
  test('is the golden one (jest --ci=false -u rewrites it)', () => {
    if (process.argv.includes('-u') || process.argv.includes('--updateSnapshot')) writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test('names every error code as a problem type', () => {
    for (const code of Object.keys(errorCatalogue)) expect(text).toContain(`/docs/errors#${code}`);
  });

  test('refers only to what it defines', () => {
    const defined = new Set(Object.keys((document as { components: { schemas: object } }).components.schemas));
    const referred = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]);
    expect(referred.length).toBeGreaterThan(50);
    for (const name of referred) expect(defined).toContain(name);
  });
});

describe('the table of operations', () => {
  const all = Object.entries<Operation>(operations);

  test.each(all)('%s declares the parameters that its path names', (_, operation) => {
    const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(Object.keys(operation.request?.params?.shape ?? {})).toEqual(named);
  });

  test('gives each method and path to one operation', () => {
    const places = all.map(([, { method, path }]) => `${method} ${path}`);
    expect(new Set(places).size).toBe(places.length);
  });

  test('never lets a viewer change anything', () => {
    const open = all.filter(([, { mutating, role }]) => mutating && (role === 'viewer' || role === 'any'));
    expect(open).toEqual([]);
  });
});
