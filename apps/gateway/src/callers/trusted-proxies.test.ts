import { describe, expect, test } from '@jest/globals';
import { callerAddress, cidrProblem, plainAddress, TrustedProxies } from './trusted-proxies.ts';

const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '2001:db8::1']);

describe('trusted proxies', () => {
  test.each([
    ['10.0.0.1', true],
    ['10.255.255.255', true],
    ['11.0.0.1', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['::ffff:10.0.0.1', true],
    ['::ffff:a00:1', true],
    ['0:0:0:0:0:ffff:10.0.0.1', true],
    ['::ffff:11.0.0.1', false],
    ['fd12::1', true],
    ['FD12::1', true],
    ['fe80::1', false],
    ['fd12::1%eth0', true],
    ['2001:db8:0::1', true],
    ['2001:db8::2', false],
    ['', false],
    ['garbage', false],
  ])('%s: %p', (address, trusted) => {
    expect(proxies.has(address)).toBe(trusted);
  });

  test('none are trusted where none are named', () => {
    expect(new TrustedProxies([]).has('127.0.0.1')).toBe(false);
  });

  test.each<[string, boolean]>([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['0.0.0.0/0', true],
    ['::/0', true],
    ['fd00::/8', true],
    ['::1/128', true],
    ['10.0.0.0/33', false],
    ['::1/129', false],
    ['10.0.0.0/08', false],
    ['10.0.0.0/', false],
    ['10.0.0.0/8/8', false],
    ['10.0.0/8', false],
    ['fe80::1%eth0', false],
    ['::ffff:10.0.0.0/104', false],
    ['localhost', false],
    ['', false],
  ])('%p as a setting: %p', (cidr, isGood) => {
    expect(cidrProblem(cidr) === undefined).toBe(isGood);
  });
});

describe('the caller behind trusted proxies', () => {
  test.each<[string, string, string]>([
    ['is the only hop', '203.0.113.9', '203.0.113.9'],
    ['is the hop before the trusted ones', '203.0.113.9, 10.0.0.2, 192.0.2.1', '203.0.113.9'],
    ['is not what an untrusted hop says', '1.1.1.1, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['is not what an untrusted hop says, be it a trusted address', '10.0.0.7, 203.0.113.9', '203.0.113.9'],
    ['is the first hop where all are trusted', '10.0.0.9, 10.0.0.2', '10.0.0.9'],
    ['may have a port', '203.0.113.9:4711', '203.0.113.9'],
    ['may be IPv6', '2001:DB8::9, fd00::1', '2001:db8::9'],
    ['may be IPv6 in brackets', '[2001:db8::9]', '2001:db8::9'],
    ['may be IPv6 with a port', '[2001:db8::9]:4711, 10.0.0.1', '2001:db8::9'],
    ['may be IPv4 in the clothes of IPv6', '::ffff:203.0.113.9', '203.0.113.9'],
    ['may have a trusted proxy in such clothes before it', '203.0.113.9, ::ffff:10.0.0.2', '203.0.113.9'],
    ['may stand among spaces', '  203.0.113.9  ,\t10.0.0.2 ', '203.0.113.9'],
    ['is the proxy where it says nothing', '', '10.0.0.1'],
    ['is the proxy where it says garbage', 'unknown', '10.0.0.1'],
    ['is the proxy where it says something like an address', '203.0.113.999', '10.0.0.1'],
    ['is the last good hop where garbage stands before it', '203.0.113.9, _hidden, 10.0.0.2', '10.0.0.2'],
    ['is the last good hop where nothing stands before it', ',10.0.0.2', '10.0.0.2'],
    ['is the last good hop where nothing stands between', '203.0.113.9,,10.0.0.2', '10.0.0.2'],
  ])('%s: %p', (_, forwardedFor, address) => {
    expect(callerAddress('::ffff:10.0.0.1', forwardedFor, proxies)).toBe(address);
  });

  test('is sought in a bounded number of hops', () => {
    expect(callerAddress('10.0.0.1', `203.0.113.9${', 10.0.0.2'.repeat(5_000)}`, proxies)).toBe('10.0.0.2');
  });
});

test.each([
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::FFFF:102:304', '1.2.3.4'],
  ['0:0:0:0:0:ffff:102:304', '1.2.3.4'],
  ['::ffff:0:1.2.3.4', '::ffff:0:1.2.3.4'],
  ['1::ffff:1.2.3.4', '1::ffff:1.2.3.4'],
  ['fe80::1%lo', 'fe80::1'],
  ['1.2.3', undefined],
])('%s as a plain address is %p', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});
