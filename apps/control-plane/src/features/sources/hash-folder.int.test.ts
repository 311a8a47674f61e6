import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { hashFolder } from './hash-folder.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weights-'));
  mkdirSync(join(folder, 'b'));
  writeFileSync(join(folder, 'b', 'model-1.safetensors'), 'first');
  writeFileSync(join(folder, 'B.json'), '{}');
  writeFileSync(join(folder, 'config.json'), '{"layers":1}');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the digest of a folder', () => {
  test('is the one that common tools give', async () => {
    const script = `cd ${folder} && find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-64`;
    const expected = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim();
    expect(await hashFolder(folder)).toBe(`sha256:${expected}`);
  });

  test('changes with a byte and with a name', async () => {
    const before = await hashFolder(folder);
    writeFileSync(join(folder, 'config.json'), '{"layers":2}');
    const changed = await hashFolder(folder);
    writeFileSync(join(folder, 'config.json'), '{"layers":1}');
    writeFileSync(join(folder, 'extra'), '');
    expect(new Set([before, changed, await hashFolder(folder)]).size).toBe(3);
  });

  test('covers what a link within the folder leads to', async () => {
    const before = await hashFolder(folder);
    symlinkSync('config.json', join(folder, 'link.json'));
    expect(await hashFolder(folder)).not.toBe(before);
  });

  test.each([
    { name: 'a link that leads out', target: '/etc/hostname', want: 'leads out of the folder' },
    { name: 'a link that leads nowhere', target: 'missing', want: 'leads nowhere' },
    { name: 'a link that leads in a circle', target: '.', want: 'leads back' },
  ])('is refused for $name', async ({ target, want }) => {
    symlinkSync(target, join(folder, 'link'));
    await expect(hashFolder(folder)).rejects.toThrow(want);
  });

  test('is refused for an empty folder', async () => {
    mkdirSync(join(folder, 'empty'));
    await expect(hashFolder(join(folder, 'empty'))).rejects.toThrow('holds no files');
  });
});
