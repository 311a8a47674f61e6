import { describe, expect, test } from '@jest/globals';
import { traceContext } from './trace-context.ts';

const digits = 'fedcba9876543210fedcba9876543210';
const hex = (count: number) => digits.slice(-count);
const of = (received: string | undefined, ratio = 1) => traceContext(received, { hex, ratio });
const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];

describe('a caller’s trace goes on under a span of ours', () => {
  test.each<{ name: string; sent: string; ratio?: number; flags: string; sampled: boolean }>([
    { name: 'sampled', sent: `00-${trace}-${span}-01`, flags: '01', sampled: true },
    { name: 'sampled, whatever our ratio', sent: `00-${trace}-${span}-01`, ratio: 0, flags: '01', sampled: true },
    { name: 'not sampled, whatever our ratio', sent: `00-${trace}-${span}-00`, flags: '00', sampled: false },
    { name: 'with a random trace id', sent: `00-${trace}-${span}-03`, flags: '03', sampled: true },
    { name: 'without flags that nobody knows', sent: `00-${trace}-${span}-fd`, flags: '01', sampled: true },
    { name: 'of a later version', sent: `01-${trace}-${span}-01`, flags: '01', sampled: true },
    { name: 'of a later version with more fields', sent: `cc-${trace}-${span}-00-what`, flags: '00', sampled: false },
  ])('$name', ({ sent, ratio, flags, sampled }) => {
    expect(of(sent, ratio)).toEqual({
      traceId: trace,
      parentSpanId: span,
      spanId: 'fedcba9876543210',
      sampled,
      traceparent: `00-${trace}-fedcba9876543210-${flags}`,
    });
  });
});

describe('anything else starts a new trace', () => {
  test.each<{ name: string; sent: string | undefined }>([
    { name: 'nothing', sent: undefined },
    { name: 'an empty header', sent: '' },
    { name: 'nonsense', sent: 'nonsense' },
    { name: 'a trace id of zeros', sent: `00-${'0'.repeat(32)}-${span}-01` },
    { name: 'a span id of zeros', sent: `00-${trace}-${'0'.repeat(16)}-01` },
    { name: 'capital letters', sent: `00-${trace.toUpperCase()}-${span}-01` },
    { name: 'a short trace id', sent: `00-${trace.slice(1)}-${span}-01` },
    { name: 'version 00 with more fields', sent: `00-${trace}-${span}-01-what` },
    { name: 'a later version with something stuck to it', sent: `01-${trace}-${span}-01.what` },
    { name: 'the version that is none', sent: `ff-${trace}-${span}-01` },
    { name: 'flags that are no hex', sent: `00-${trace}-${span}-0x` },
    { name: 'two headers made one', sent: `00-${trace}-${span}-01, 00-${trace}-${span}-01` },
    { name: 'a line break behind it', sent: `00-${trace}-${span}-01\n` },
  ])('$name', ({ sent }) => {
    expect(of(sent)).toEqual({
      traceId: digits,
      parentSpanId: null,
      spanId: 'fedcba9876543210',
      sampled: true,
      traceparent: `00-${digits}-fedcba9876543210-01`,
    });
  });
});

describe('sampling of traces that begin here', () => {
  test.each([
    { ratio: 0, end: '0'.repeat(13), sampled: false },
    { ratio: 0.25, end: '3ffffffffffff', sampled: true },
    { ratio: 0.25, end: '4000000000000', sampled: false },
    { ratio: 1, end: 'f'.repeat(13), sampled: true },
  ])('at a ratio of $ratio a trace id that ends in $end is sampled: $sampled', ({ ratio, end, sampled }) => {
    const found = traceContext(undefined, { hex: (count) => end.padStart(32, '1').slice(-count), ratio });
    expect(found.sampled).toBe(sampled);
    expect(found.traceparent.slice(-2)).toBe(sampled ? '01' : '00');
  });
});
