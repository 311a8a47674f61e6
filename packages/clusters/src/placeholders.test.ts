import { expect, test } from '@jest/globals';
import { fillPlaceholders } from './placeholders.ts';

test.each([
  ['{port}', '4711'],
  ['http://{host}:{port}/', 'http://127.0.0.1:4711/'],
  ['{"port": 1, "{gpus}": {}}', '{"port": 1, "0,1": {}}'],
  ['{unknown} {constructor}', '{unknown} {constructor}'],
])('%s becomes %s', (text, want) => {
  expect(fillPlaceholders(text, { host: '127.0.0.1', port: '4711', gpus: '0,1' })).toBe(want);
});
