import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectSecure } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '../gateway.fixture.ts';
import { get, reading, startCallers, type TestCallers } from './caller-server.fixture.ts';
import { selfSigned } from './certificate.fixture.ts';
import { TrustedProxies } from './trusted-proxies.ts';

let callers: TestCallers | undefined;
afterEach(async () => {
  await callers?.stop();
  callers = undefined;
});

const local = new TrustedProxies(['127.0.0.1', '10.0.0.0/8']);
const remote = new TrustedProxies(['10.0.0.0/8']);
async function start(change: Parameters<typeof startCallers>[0] = {}): Promise<TestCallers> {
  callers = await startCallers({ ...change, edges: { trustedProxies: local, ...change.edges } });
  return callers;
}

const addresses = ({ handler }: TestCallers) => handler.calls.map(({ peer }) => peer.address);
const v1 = 'PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n';
const v2 = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c', 'latin1'),
  Buffer.from([203, 0, 113, 9, 10, 0, 0, 1, 0x12, 0x67, 1, 0xbb]),
]);
const last = (target: string, lines = '') => get(target, `${lines}connection: close\r\n`);

describe('X-Forwarded-For', () => {
  const told = 'x-forwarded-for: 1.1.1.1, 203.0.113.9, 10.0.0.2\r\n';

  test.each([
    ['of a trusted proxy names the caller', local, '203.0.113.9'],
    ['of anybody else names nobody', remote, '127.0.0.1'],
  ])('%s, request by request, whoever reads it', async (_, trustedProxies, address) => {
    const running = await start({ edges: { trustedProxies } });
    const { socket, closed } = await running.connect();
    socket.write(get('/now?1', told) + get('/now?2'));
    // Twice the same header, and an empty chunked body: for Node's server.
    socket.write(get('/now?3', 'x-forwarded-for: 1.1.1.1, 203.0.113.9\r\nx-forwarded-for: 10.0.0.2\r\n'));
    socket.write(
      `POST /x HTTP/1.1\r\nhost: x\r\n${told}transfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n`,
    );
    await closed;
    expect(running.handler.calls.map(({ peer }) => peer)).toEqual([
      { address, path: 'fast' },
      { address: '127.0.0.1', path: 'fast' },
      { address, path: 'node' },
      { address, path: 'node' },
    ]);
  });
});

describe('the PROXY protocol', () => {
  test.each([
    ['v1', 'v1', Buffer.from(v1)],
    ['v2', 'v2', v2],
    ['any', 'v1', Buffer.from(v1)],
    ['any', 'v2', v2],
  ] as const)('%s: a header of %s names the caller, however it is cut', async (proxyProtocol, __, header) => {
    const running = await start({ edges: { proxyProtocol } });
    const request = Buffer.from(last('/now?1'));
    const all = Buffer.concat([header, request]);
    for (let cut = 1; cut <= header.length + 1; cut++) {
      const { socket, text, closed } = await running.connect();
      socket.setNoDelay(true);
      socket.write(all.subarray(0, cut));
      await new Promise(setImmediate);
      socket.write(all.subarray(cut));
      await closed;
      expect(text()).toMatch(/^HTTP\/1\.1 200[\s\S]*\?1$/);
    }
    expect(new Set(addresses(running))).toEqual(new Set(['203.0.113.9']));
    expect(running.refusals).toEqual([]);
  });

  test.each([true, false])('goes before what Node reads as well (fast path: %p)', async (fastPath) => {
    const running = await start({ fastPath, edges: { proxyProtocol: 'any' } });
    const { socket, text, closed } = await running.connect();
    const rest = 'transfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
    socket.write(`${v1}POST /x HTTP/1.1\r\nhost: x\r\n${rest}`);
    await closed;
    expect(text()).toContain('/x 2');
    expect(running.handler.last?.peer).toEqual({ address: '203.0.113.9', path: 'node' });
  });

  test('of the proxy itself, such as its health checks, names the proxy', async () => {
    const running = await start({ edges: { proxyProtocol: 'any' } });
    const { socket, closed } = await running.connect();
    socket.write(`PROXY UNKNOWN\r\n${last('/now?1')}`);
    await closed;
    expect(addresses(running)).toEqual(['127.0.0.1']);
  });

  test('and X-Forwarded-For: whom it announces is believed only where that is a trusted proxy too', async () => {
    const running = await start({ edges: { proxyProtocol: 'any' } });
    for (const from of ['10.0.0.5', '203.0.113.9']) {
      const { socket, closed } = await running.connect();
      socket.write(`PROXY TCP4 ${from} 10.0.0.1 1 2\r\n${last('/now?1', 'x-forwarded-for: 192.0.2.44\r\n')}`);
      await closed;
    }
    expect(addresses(running)).toEqual(['192.0.2.44', '203.0.113.9']);
  });

  test.each<[string, string]>([
    ['no header', get('/now?1')],
    ['a malformed one', `PROXY TCP4 1.1.1.1\r\n${get('/now?1')}`],
    ['one that does not end', `PROXY UNKNOWN ${'x'.repeat(200)}`],
  ])('with %s ends the connection, which is counted', async (_, bytes) => {
    const running = await start({ edges: { proxyProtocol: 'any' } });
    const { socket, text, closed } = await running.connect();
    socket.write(bytes);
    await closed;
    await until('it is gone', () => running.server.connections === 0);
    expect([text(), running.handler.calls.length, running.refusals]).toEqual(['', 0, ['proxyHeader']]);
  });

  test('with a header that does not come is not waited for', async () => {
    const running = await start({ headersTimeoutMs: 150, edges: { proxyProtocol: 'any' } });
    const { socket, closed } = await running.connect();
    socket.write('PROXY');
    await closed;
    expect(running.refusals).toEqual(['proxyHeader']);
  });

  test('with a caller that leaves before it is told leaves nothing behind', async () => {
    const running = await start({ edges: { proxyProtocol: 'any' } });
    const { socket } = await running.connect();
    socket.end('PROXY');
    await until('it is gone', () => running.server.connections === 0);
    expect(running.refusals).toEqual([]);
  });

  test('is not spoken by who is no trusted proxy', async () => {
    const running = await start({ edges: { proxyProtocol: 'any', trustedProxies: remote } });
    const plain = await running.connect();
    plain.socket.write(last('/now?1'));
    await plain.closed;
    const lying = await running.connect();
    lying.socket.write(v1 + last('/now?2'));
    await lying.closed;
    expect(lying.text()).toMatch(/^HTTP\/1\.1 400/);
    expect(addresses(running)).toEqual(['127.0.0.1']);
  });

  test('goes before TLS, with HTTP/1.1 or HTTP/2 in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-proxies-'));
    const { cert, key } = selfSigned('one');
    await writeFile(join(folder, 'cert'), cert);
    await writeFile(join(folder, 'key'), key);
    const tls = { certFile: join(folder, 'cert'), keyFile: join(folder, 'key') };
    const running = await start({ edges: { proxyProtocol: 'any', tls } });

    const first = await running.connect();
    // Of a socket that has a listener for its data, TLS would read nothing.
    first.socket.removeAllListeners('data').pause();
    first.socket.write(v1);
    const secured = reading(connectSecure({ socket: first.socket, rejectUnauthorized: false }));
    secured.socket.write(last('/now?1'));
    await secured.closed;
    expect(secured.text()).toContain('?1');

    const second = await running.connect();
    second.socket.removeAllListeners('data').pause();
    second.socket.write(v2);
    const socket = connectSecure({ socket: second.socket, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    const session = connectHttp2('https://localhost', { createConnection: () => socket });
    const stream = session.request({ ':path': '/now?2' }).resume();
    await once(stream, 'close');
    session.close();

    expect(running.handler.calls.map(({ peer }) => peer)).toEqual([
      { address: '203.0.113.9', path: 'fast' },
      { address: '203.0.113.9', path: 'http2' },
    ]);
    await rm(folder, { recursive: true, force: true });
  });
});

describe('too many connections', () => {
  test.each([
    ['in all', { maxConnections: 2 }, 'full'],
    ['from one address', { maxConnectionsPerAddress: 2, trustedProxies: remote }, 'address'],
  ] as const)('%s: the newest is refused and counted, until one leaves', async (_, edges, because) => {
    const running = await start({ edges });
    const [first, second] = [await running.connect(), await running.connect()];
    const third = await running.connect();
    await third.closed;
    expect(running.refusals).toEqual([because]);
    second.socket.write(get('/now?1'));
    await until('the older ones are served', () => second.text().endsWith('?1'));
    first.socket.destroy();
    await until('there is room', () => running.server.connections === 1);
    const fourth = await running.connect();
    fourth.socket.write(last('/now?4'));
    await fourth.closed;
    expect(fourth.text()).toMatch(/\?4$/);
  });

  test('from one address are counted by whom a proxy announces, and not for the proxy itself', async () => {
    const running = await start({ edges: { maxConnectionsPerAddress: 1, proxyProtocol: 'any' } });
    const itself = [await running.connect(), await running.connect()];
    for (const { socket } of itself) socket.write(`PROXY UNKNOWN\r\n${get('/now?0')}`);
    await until('both are served', () => itself.every(({ text }) => text().endsWith('?0')));
    const first = await running.connect();
    first.socket.write(v1 + get('/now?1'));
    await until('it is served', () => first.text().endsWith('?1'));
    const second = await running.connect();
    second.socket.write(v1 + get('/now?2'));
    await second.closed;
    expect(running.refusals).toEqual(['address']);
  });
});
