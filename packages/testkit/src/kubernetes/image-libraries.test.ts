import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { librariesOf } from './image-libraries.ts';

test('a dynamic program needs the C library and the loader, at the places where it looks for them', async () => {
  const files = await librariesOf(process.execPath);
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining([expect.stringMatching(/(libc\.so|ld-linux)/)]));
  for (const { path } of files) expect(existsSync(path)).toBe(true);
});

test('what is no program at all is refused by name', async () => {
  await expect(librariesOf('/there/is/no/such/program')).rejects.toThrow('/there/is/no/such/program');
});
