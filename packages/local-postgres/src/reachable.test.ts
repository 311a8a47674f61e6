import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { isReachableForPostgres } from './reachable.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-reachable-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('as root, a folder below one that only its owner may enter is out of reach', () => {
  const inner = join(folder, 'checkout');
  mkdirSync(inner, { recursive: true, mode: 0o755 });
  chmodSync(folder, 0o700);
  expect(isReachableForPostgres(inner, true)).toBe(false);
  expect(isReachableForPostgres(inner, false)).toBe(true);
  chmodSync(folder, 0o755);
  expect(isReachableForPostgres(inner, true)).toBe(true);
});
