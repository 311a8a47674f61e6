import { describe, expect, test } from '@jest/globals';
import { type ProxyVersions, readProxyHeader } from './proxy-protocol.ts';

const signature = '\r\n\r\n\0\r\nQUIT\n';
function v2(command: number, family: number, content: readonly number[], length = content.length): Buffer {
  return Buffer.concat([
    Buffer.from(signature, 'latin1'),
    Buffer.from([command, family, length >> 8, length & 255]),
    Buffer.from(content),
  ]);
}
const tcp4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x30, 0x39, 0x11, 0xf9];
const ip6 = [0x20, 0x01, 0x0d, 0xb8, ...new Array(10).fill(0), 0, 7];
const tcp6 = [...ip6, ...ip6, 0, 1, 0, 2];
const extension = [4, 0, 3, 1, 2, 3];

describe('the header that a proxy puts before a connection', () => {
  test.each<[string, Buffer, string | null]>([
    ['names an IPv4 caller', Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 12345 443\r\n'), '192.0.2.7'],
    ['names an IPv6 caller', Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n'), '2001:db8::7'],
    ['may not know its caller', Buffer.from('PROXY UNKNOWN\r\n'), null],
    ['may not know its caller and go on about it', Buffer.from('PROXY UNKNOWN what ever 1 2\r\n'), null],
    ['names an IPv4 caller in binary', v2(0x21, 0x11, tcp4), '192.0.2.7'],
    ['names an IPv6 caller in binary', v2(0x21, 0x21, tcp6), '2001:db8:0:0:0:0:0:7'],
    ['may have extensions', v2(0x21, 0x11, [...tcp4, ...extension, 3, 0, 0]), '192.0.2.7'],
    ['may be about the proxy itself', v2(0x20, 0x00, []), null],
    ['may be about the proxy itself with addresses', v2(0x20, 0x11, tcp4), null],
    ['may be of no family', v2(0x21, 0x00, [1, 2, 3]), null],
    ['may be of a local socket', v2(0x21, 0x31, new Array(216).fill(0)), null],
  ])('%s, however it is cut', (_, header, address) => {
    const all = Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n')]);
    for (let cut = 0; cut < header.length; cut++)
      expect(readProxyHeader(all.subarray(0, cut), 'any')).toEqual({ kind: 'unfinished' });
    for (let cut = header.length; cut <= all.length; cut++)
      expect(readProxyHeader(all.subarray(0, cut), 'any')).toEqual({ kind: 'whole', bytes: header.length, address });
  });

  test.each<[string, string | Buffer]>([
    ['a request without one', 'GET / HTTP/1.1\r\n'],
    ['a TLS handshake without one', Buffer.from([0x16, 3, 1, 0, 200])],
    ['lower case', 'proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n'],
    ['another family', 'PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n'],
    ['no family', 'PROXY \r\n'],
    ['two spaces', 'PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n'],
    ['an address of the other family', 'PROXY TCP4 ::1 ::1 1 1\r\n'],
    ['an address with a zone', 'PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n'],
    ['an address out of range', 'PROXY TCP4 256.1.1.1 1.1.1.1 1 1\r\n'],
    ['a name', 'PROXY TCP4 localhost 1.1.1.1 1 1\r\n'],
    ['a port out of range', 'PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n'],
    ['a port with a leading zero', 'PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n'],
    ['a signed port', 'PROXY TCP4 1.1.1.1 1.1.1.1 +1 1\r\n'],
    ['no ports', 'PROXY TCP4 1.1.1.1 1.1.1.1\r\n'],
    ['something behind the ports', 'PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n'],
    ['a bare LF at its end', 'PROXY TCP4 1.1.1.1 1.1.1.1 1 1\nGET / HTTP/1.1\r\n'],
    ['a line that does not end', `PROXY UNKNOWN ${'x'.repeat(100)}`],
    ['a line that ends too late', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
    ['another version in binary', v2(0x11, 0x11, tcp4)],
    ['an unknown command', v2(0x22, 0x11, tcp4)],
    ['datagrams', v2(0x21, 0x12, tcp4)],
    ['an unknown family', v2(0x21, 0x41, tcp4)],
    ['addresses that are too short', v2(0x21, 0x11, tcp4.slice(1))],
    ['IPv6 addresses that are too short', v2(0x21, 0x21, tcp4)],
    ['an extension that reaches beyond the end', v2(0x21, 0x11, [...tcp4, 4, 0, 4, 1, 2, 3])],
    ['half an extension', v2(0x21, 0x11, [...tcp4, 4, 0])],
    ['too many extensions', v2(0x21, 0x11, [...tcp4, 4, 255, 255])],
    ['an enormous length', v2(0x21, 0x11, tcp4, 65_535)],
    ['a signature that breaks off', Buffer.from(`${signature.slice(0, 8)}QUIT`, 'latin1')],
  ])('is malformed as %s', (_, bytes) => {
    expect(readProxyHeader(Buffer.from(bytes as string), 'any')).toEqual({ kind: 'malformed' });
  });

  test.each<[ProxyVersions, Buffer, string]>([
    ['v1', Buffer.from('PROXY UNKNOWN\r\n'), 'whole'],
    ['v1', v2(0x21, 0x11, tcp4), 'malformed'],
    ['v2', v2(0x21, 0x11, tcp4), 'whole'],
    ['v2', Buffer.from('PROXY UNKNOWN\r\n'), 'malformed'],
    ['v1', Buffer.from('P'), 'unfinished'],
    ['v2', Buffer.from('P'), 'malformed'],
    ['v1', Buffer.from('\r'), 'malformed'],
    ['v2', Buffer.from('\r'), 'unfinished'],
  ])('where only %s is spoken: %p is %s', (versions, bytes, kind) => {
    expect(readProxyHeader(bytes, versions).kind).toBe(kind);
  });
});
