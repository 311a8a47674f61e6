import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';

const program = `
  import { createLineWriter } from ${JSON.stringify(join(import.meta.dirname, 'line-writer.ts'))};
  const writer = createLineWriter();
  for (let line = 0; line < 5_000; line++) writer.write(line + ' ' + 'x'.repeat(line % 300) + '\\n');
  process.exit(0);
`;

test('a process that exits has written every line to stderr, in order', async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program]);
  const exited = once(child, 'exit');
  const lines = (await text(child.stderr)).split('\n');
  expect(await exited).toEqual([0, null]);
  expect(lines.pop()).toBe('');
  expect(lines).toEqual(Array.from({ length: 5_000 }, (_, line) => `${line} ${'x'.repeat(line % 300)}`));
});
