import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../gateway.fixture.ts';
import { get, post, reading, startCallers, type TestCallers } from './caller-server.fixture.ts';
import { selfSigned } from './certificate.fixture.ts';
import type { Certificate } from './certificate-files.ts';

let folder: string;
let callers: TestCallers | undefined;
let sockets: TLSSocket[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-tls-'));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await callers?.stop();
  callers = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function put(pair: Partial<Certificate>): Promise<void> {
  for (const [name, text] of Object.entries(pair)) {
    await writeFile(join(folder, `${name}.new`), text);
    await rename(join(folder, `${name}.new`), join(folder, `tls.${name}`));
  }
}

async function start(change: Parameters<typeof startCallers>[0] = {}): Promise<TestCallers> {
  callers = await startCallers({
    certificateEveryMs: 20,
    ...change,
    edges: { tls: { certFile: join(folder, 'tls.cert'), keyFile: join(folder, 'tls.key') }, ...change.edges },
  });
  return callers;
}

async function secure(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
}

async function nameSeen(port: number): Promise<string | string[] | undefined> {
  const socket = await secure(port);
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

describe('callers over TLS', () => {
  test('are read by the fast path, and by Node where that must be', async () => {
    await put(selfSigned('one'));
    const { port, handler } = await start();
    const { socket, text } = reading(await secure(port));
    socket.write(post('/first', '{}'));
    await until('it is answered', () => text().endsWith('/first 2'));
    socket.write('POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n');
    await until('it is answered', () => text().includes('/x 2'));
    expect(handler.calls.map(({ peer }) => peer)).toEqual([
      { address: '127.0.0.1', path: 'fast' },
      { address: '127.0.0.1', path: 'node' },
    ]);
  });

  test('get the whole of a long answer and then the end', async () => {
    await put(selfSigned('one'));
    const { port, handler } = await start();
    handler.whole = (call) => call.answer('x'.repeat(8 * 1024 * 1024));
    const { socket, text, closed } = reading(await secure(port));
    socket.write(post('/long', '{}', 'connection: close\r\n'));
    await closed;
    expect(text().length).toBeGreaterThan(8 * 1024 * 1024);
  });

  test('who leave are told to the call', async () => {
    await put(selfSigned('one'));
    const { port, handler } = await start();
    handler.whole = () => undefined;
    const socket = await secure(port);
    socket.write(post('/waits', '{}'));
    await until('it is whole', () => handler.last?.body !== undefined);
    socket.destroy();
    await until('it is told', () => handler.last?.left === true);
  });

  test('may resume their session', async () => {
    await put(selfSigned('one'));
    const { port } = await start();
    const first = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    sockets.push(first);
    const [session] = (await once(first, 'session')) as [Buffer];
    const second = await secure(port, { session });
    expect(second.isSessionReused()).toBe(true);
  });

  test('may choose HTTP/1.1, and are told of HTTP/2', async () => {
    await put(selfSigned('one'));
    const { port } = await start();
    expect((await secure(port, { ALPNProtocols: ['http/1.1'] })).alpnProtocol).toBe('http/1.1');
    expect((await secure(port, { ALPNProtocols: ['http/1.1', 'h2'] })).alpnProtocol).toBe('h2');
    expect((await secure(port)).alpnProtocol).toBe(false);
  });

  test('speak 1.2 or newer', async () => {
    await put(selfSigned('one'));
    const { port, refusals } = await start();
    expect((await secure(port, { maxVersion: 'TLSv1.2' })).getProtocol()).toBe('TLSv1.2');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await expect(secure(port, old)).rejects.toThrow();
    await until('it is counted', () => refusals.includes('tls'));
  });

  test.each([
    ['plain HTTP', get('/now?1')],
    ['garbage', '\u0016\u0003\u0001\0\u0005xxxxx'],
  ])('do not speak %s', async (_, bytes) => {
    await put(selfSigned('one'));
    const { port, refusals, server, handler } = await start();
    const { socket, closed } = reading(connectPlain(port, '127.0.0.1'));
    socket.write(bytes);
    await closed;
    await until('it is gone', () => server.connections === 0);
    expect(refusals).toEqual(['tls']);
    expect(handler.calls).toEqual([]);
  });

  test('are not waited for for ever', async () => {
    await put(selfSigned('one'));
    const { port, refusals, server } = await start({ headersTimeoutMs: 200 });
    const { closed } = reading(connectPlain(port, '127.0.0.1'));
    await closed;
    await until('it is gone', () => server.connections === 0);
    expect(refusals).toEqual(['tls']);
  });

  test('do not hold the gateway up when it drains', async () => {
    await put(selfSigned('one'));
    const { port, server } = await start();
    const shaking = reading(connectPlain(port, '127.0.0.1'));
    const idle = reading(await secure(port));
    await until('both are there', () => server.connections === 2);
    server.beginDraining({ idleMs: 0 });
    await server.drain(10_000, () => undefined);
    await Promise.all([shaking.closed, idle.closed]);
  });
});

describe('a certificate that is replaced', () => {
  test('is shown to new connections, while those that stand go on', async () => {
    await put(selfSigned('one'));
    const { port, log } = await start();
    const { socket, text } = reading(await secure(port));
    await put(selfSigned('two'));
    await until('it is shown', async () => (await nameSeen(port)) === 'two');
    socket.write(get('/now?still'));
    await until('it is answered', () => text().endsWith('?still'));
    expect(log.filter(({ message }) => message === 'certificate loaded')).toHaveLength(2);
    expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('may be one of two links, as in the secrets of Kubernetes', async () => {
    const swap = async (version: string): Promise<void> => {
      const { cert, key } = selfSigned(version);
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'tls.cert'), cert);
      await writeFile(join(folder, version, 'tls.key'), key);
      await symlink(version, join(folder, 'next'));
      await rename(join(folder, 'next'), join(folder, '..data'));
    };
    await swap('one');
    await symlink('..data/tls.cert', join(folder, 'tls.cert'));
    await symlink('..data/tls.key', join(folder, 'tls.key'));
    const { port, log } = await start();
    expect(await nameSeen(port)).toBe('one');
    await swap('two');
    await until('it is shown', async () => (await nameSeen(port)) === 'two');
    expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test.each<[string, () => Partial<Certificate>, string]>([
    ['another key', () => ({ key: selfSigned('two').key }), 'it is not the key of the certificate'],
    ['no key', () => ({ key: 'nothing' }), 'there is no private key in it'],
    ['no certificate', () => ({ cert: '' }), 'there is no certificate in it'],
  ])('by one with %s is refused, told once, and the former one stays', async (_, broken, because) => {
    await put(selfSigned('one'));
    const { port, log } = await start();
    await put(broken());
    const errors = () => log.filter(({ level }) => level === 'error');
    await until('it is told', () => errors().length > 0);
    expect(await nameSeen(port)).toBe('one');
    expect(errors()).toHaveLength(1);
    expect(errors()[0]?.because).toContain(because);
    await put(selfSigned('three'));
    await until('the next good one is shown', async () => (await nameSeen(port)) === 'three');
    expect(errors()).toHaveLength(1);
  });

  test('by nothing is told, and the former one stays', async () => {
    await put(selfSigned('one'));
    const { port, log } = await start();
    await rm(join(folder, 'tls.cert'));
    await until('it is told', () => log.some(({ level }) => level === 'error'));
    expect(log.find(({ level }) => level === 'error')?.because).toContain('SIGNALBOX_GATEWAY_TLS_CERT_FILE');
    expect(await nameSeen(port)).toBe('one');
  });

  test('is good from the start, or there is none', async () => {
    await put({ ...selfSigned('one'), key: selfSigned('two').key });
    await expect(start()).rejects.toThrow('SIGNALBOX_GATEWAY_TLS_KEY_FILE: it is not the key');
    await rm(join(folder, 'tls.key'));
    await expect(start()).rejects.toThrow(/SIGNALBOX_GATEWAY_TLS_KEY_FILE: .* cannot be read \(ENOENT\)/);
  });
});
