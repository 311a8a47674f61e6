import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { errorCatalogue } from '@signalbox/domain';

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');

test('the page of errors explains every code of the catalogue, and no other', () => {
  const explained = [...page.matchAll(/^## (\S+)$/gm)].map(([, code]) => code);
  expect(explained.sort()).toEqual(Object.keys(errorCatalogue).sort());
});

test.each(Object.entries(errorCatalogue))('the page says what %s is called', (_code, { title }) => {
  expect(page).toContain(title);
});
