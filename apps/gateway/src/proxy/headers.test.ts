import { describe, expect, test } from '@jest/globals';
import { saneRequestId, traceFor } from './headers.ts';

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

  const hex = () => `${'f'.repeat(16)}0123456789abcdef`;

  test('a trace goes on under a new parent', () => {
    const sent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    expect(traceFor(sent, hex).header).toBe('00-0af7651916cd43dd8448eb211c80319c-0123456789abcdef-00');
  });

  test.each(['nonsense', '00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined])(
    '%j starts a new trace',
    (sent) => {
      expect(traceFor(sent, hex).header).toBe(`00-${hex()}-0123456789abcdef-01`);
    },
  );
});
