import { describe, expect, test } from '@jest/globals';
import { chatBody, rawRequest } from './requests.ts';

describe('a chat body', () => {
  test.each([600, 2_000, 24_000, 220_000])('of %i bytes is JSON of exactly that size', (bodyBytes) => {
    for (const variant of [0, 7, 63]) {
      const body = chatBody({ bodyBytes, variant });
      expect(Buffer.byteLength(body)).toBe(bodyBytes);
      expect(JSON.parse(body)).toMatchObject({ model: 'chat', max_tokens: 40 });
    }
  });

  test('differs by variant, but a long one begins with what all have in common', () => {
    const [a, b] = [0, 1].map((variant) => chatBody({ bodyBytes: 220_000, variant }));
    expect(a).not.toBe(b);
    expect(a?.slice(0, 100_000)).toBe(b?.slice(0, 100_000));
    expect(a?.slice(0, 130_000)).not.toBe(b?.slice(0, 130_000));
  });

  test('tells the mock what to stream within its first 512 bytes', () => {
    const body = chatBody({ bodyBytes: 600, variant: 0, stream: { frames: 9, intervalUs: 20_000, firstUs: 5 } });
    const told = '"stream":true,"max_tokens":9,"mock_interval_us":20000,"mock_first_us":5';
    expect(body.slice(0, 512)).toContain(told);
  });

  test('too small for its own words is refused', () => {
    expect(() => chatBody({ bodyBytes: 100, variant: 0 })).toThrow('too small');
  });
});

test('a request on the wire has its headers and its length', () => {
  const want = 'POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nx-a: 1\r\ncontent-length: 2\r\n\r\n{}';
  expect(rawRequest('{}', { 'x-a': '1' })).toBe(want);
});
