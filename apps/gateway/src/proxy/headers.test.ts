import { describe, expect, test } from '@jest/globals';
import { saneRequestId } from './headers.ts';

describe('ids', () => {
  test.each([
    ['req_1:a.b-c', 'req_1:a.b-c'],
    ['', undefined],
    ['a b', undefined],
    ['a\u0000', undefined],
    ['x'.repeat(129), undefined],
    [undefined, undefined],
  ])('the request id %j becomes %j', (sent, want) => {
    expect(saneRequestId(sent)).toBe(want);
  });
});
