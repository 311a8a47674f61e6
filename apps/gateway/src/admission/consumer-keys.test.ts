import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { SnapshotKey, SnapshotLimit } from '@signalbox/domain';
import { type Access, accessTo, type Caller, ConsumerKeys, secretFrom } from './consumer-keys.ts';
import { Buckets } from './limits/buckets.ts';

const key = (change: Partial<SnapshotKey> = {}): SnapshotKey => ({
  id: 'k-1',
  project: 'default',
  hash: createHash('sha256').update('sbk_one').digest('hex'),
  routes: ['*'],
  expiresAt: null,
  ...change,
});
const route = { project: 'default', name: 'chat', access: 'keys' as const };

describe('consumer keys', () => {
  test.each<{ name: string; secret: string | undefined; keys: SnapshotKey[]; now: number; want: Caller['kind'] }>([
    { name: 'no key is anonymous', secret: undefined, keys: [key()], now: 0, want: 'anonymous' },
    { name: 'a key is found by its hash', secret: 'sbk_one', keys: [key()], now: 0, want: 'key' },
    { name: 'a wrong key is unknown', secret: 'sbk_two', keys: [key()], now: 0, want: 'unknown' },
    {
      name: 'a key in its time is known',
      secret: 'sbk_one',
      keys: [key({ expiresAt: 10_000 })],
      now: 9_999,
      want: 'key',
    },
    {
      name: 'clocks may differ by seconds',
      secret: 'sbk_one',
      keys: [key({ expiresAt: 10_000 })],
      now: 14_000,
      want: 'key',
    },
    {
      name: 'an expired key is unknown',
      secret: 'sbk_one',
      keys: [key({ expiresAt: 10_000 })],
      now: 15_001,
      want: 'unknown',
    },
  ])('$name', ({ secret, keys, now, want }) => {
    const known = new ConsumerKeys({ keys });
    expect(known.identify(secret, now).kind).toBe(want);
    expect(known.identify(secret, now).kind).toBe(want);
  });

  test('a known key comes with its buckets, looked up once', () => {
    const buckets = new Buckets();
    let asked = 0;
    const limits: SnapshotLimit[] = [{ id: 'l', of: 'requests', per: 'minute', amount: 5 }];
    const known = new ConsumerKeys({ keys: [key({ limits })] }, (of) => {
      asked++;
      return buckets.of(of);
    });
    expect(known.identify('sbk_one', 0)).toBe(known.identify('sbk_one', 1));
    expect(known.identify('sbk_one', 0)).toMatchObject({ limits: buckets.of(limits) });
    expect(asked).toBe(1);
  });

  test.each<{ name: string; access: 'keys' | 'open'; caller: Caller; want: Access }>([
    { name: 'an open route needs no key', access: 'open', caller: { kind: 'anonymous' }, want: 'allowed' },
    { name: 'an open route ignores a wrong key', access: 'open', caller: { kind: 'unknown' }, want: 'allowed' },
    { name: 'a route needs a key', access: 'keys', caller: { kind: 'anonymous' }, want: 'unauthenticated' },
    { name: 'a wrong key is none', access: 'keys', caller: { kind: 'unknown' }, want: 'unauthenticated' },
    {
      name: 'a key for all routes may call',
      access: 'keys',
      caller: { kind: 'key', key: key(), limits: [] },
      want: 'allowed',
    },
    {
      name: 'a key for this route may call',
      access: 'keys',
      caller: { kind: 'key', key: key({ routes: ['a', 'chat'] }), limits: [] },
      want: 'allowed',
    },
    {
      name: 'a key for another route may not',
      access: 'keys',
      caller: { kind: 'key', key: key({ routes: ['a'] }), limits: [] },
      want: 'forbidden',
    },
    {
      name: 'another project does not see it',
      access: 'keys',
      caller: { kind: 'key', key: key({ project: 'b' }), limits: [] },
      want: 'notFound',
    },
  ])('$name', ({ access, caller, want }) => {
    expect(accessTo({ ...route, access }, caller)).toBe(want);
  });

  test.each([
    ['Bearer abc', undefined, 'abc'],
    ['bearer   abc ', undefined, 'abc'],
    ['Basic abc', undefined, ''],
    ['Bearer a b', undefined, ''],
    [undefined, 'abc', 'abc'],
    ['', '', undefined],
    [undefined, undefined, undefined],
  ])('the secret of %j and %j is %j', (authorization, apiKey, want) => {
    expect(secretFrom(authorization, apiKey)).toBe(want);
  });
});
