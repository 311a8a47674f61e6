import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/settings.md'), 'utf8');

test.each(['apps/control-plane/src/env.ts', 'apps/gateway/src/env.ts'])('every setting of %s is explained', (file) => {
  const settings = [...readFileSync(join(root, file), 'utf8').matchAll(/^ {2}(SIGNALBOX_[A-Z_]+):/gm)].map(
    ([, name]) => name,
  );
  expect(settings.length).toBeGreaterThan(5);
  for (const name of settings) expect(page).toContain(`\`${name}\``);
});
