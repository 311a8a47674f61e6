import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';

const program = `
  import { createLineWriter } from ${JSON.stringify(join(import.meta.dirname, 'line-writer.ts'))};
  const writer = createLineWriter();
  for (let line = 0; line < 5_000; line++) writer.write(line + ' ' + 'x'.repeat(line % 300) + '\\n');
  console.log('written');
  await writer.close();
  process.exit(0);
`;

test('a process that closes its writer and exits has written every line to stderr, however slowly they are read', async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program]);
  const exited = once(child, 'exit');
  // A pipe holds 64 KiB: most of it waits in the process.
  child.stderr.pause();
  await once(child.stdout, 'data');
  const lines = (await text(child.stderr)).split('\n');
  expect(await exited).toEqual([0, null]);
  expect(lines.pop()).toBe('');
  expect(lines).toEqual(Array.from({ length: 5_000 }, (_, line) => `${line} ${'x'.repeat(line % 300)}`));
});
