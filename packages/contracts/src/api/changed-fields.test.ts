import { expect, test } from '@jest/globals';
import { changedFields } from './changed-fields.ts';

test.each<{ name: string; from: unknown; to: unknown; want: unknown }>([
  { name: 'equal values differ in nothing', from: { a: [1, { b: 2 }] }, to: { a: [1, { b: 2 }] }, want: [] },
  { name: 'null and absent are the same', from: { a: null }, to: {}, want: [] },
  {
    name: 'nested fields are told by path',
    from: { scaling: { min: 1, max: 2 } },
    to: { scaling: { min: 1, max: 4 } },
    want: [{ path: 'scaling.max', from: 2, to: 4 }],
  },
  { name: 'an added field has no from', from: {}, to: { a: 1 }, want: [{ path: 'a', to: 1 }] },
  { name: 'a removed field has no to', from: { a: 1 }, to: {}, want: [{ path: 'a', from: 1 }] },
  {
    name: 'a list is one value',
    from: { a: [1, 2] },
    to: { a: [2, 1] },
    want: [{ path: 'a', from: [1, 2], to: [2, 1] }],
  },
])('$name', ({ from, to, want }) => {
  expect(changedFields(from, to)).toEqual(want);
});
