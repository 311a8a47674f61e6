import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../gateway.fixture.ts';
import { startCallers, type TestCallers } from './caller-server.fixture.ts';
import { selfSigned } from './certificate.fixture.ts';

let folder: string;
let callers: TestCallers | undefined;
let sessions: ClientHttp2Session[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-http2-'));
  const { cert, key } = selfSigned('one');
  await writeFile(join(folder, 'cert'), cert);
  await writeFile(join(folder, 'key'), key);
});
afterEach(async () => {
  for (const session of sessions) session.destroy();
  sessions = [];
  await callers?.stop();
  callers = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function start(secure: boolean, change: Parameters<typeof startCallers>[0] = {}): Promise<TestCallers> {
  const tls = { certFile: join(folder, 'cert'), keyFile: join(folder, 'key') };
  callers = await startCallers({ ...change, edges: { tls: secure ? tls : null, ...change.edges } });
  return callers;
}

async function open(port: number, secure: boolean): Promise<ClientHttp2Session> {
  const session = connect(`${secure ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  sessions.push(session);
  session.on('error', () => undefined);
  await once(session, 'connect');
  return session;
}

interface Answer {
  stream: ClientHttp2Stream;
  status: number | undefined;
  text: string;
  headers: Record<string, unknown>;
  closed: Promise<unknown>;
}

function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string): Answer {
  const stream = session.request(headers, { endStream: body === undefined });
  const answer: Answer = {
    stream,
    status: undefined,
    text: '',
    headers: {},
    closed: new Promise((resolve) => stream.on('close', resolve)),
  };
  stream.on('error', () => undefined);
  stream.on('response', (given) => {
    answer.status = given[':status'];
    answer.headers = given;
  });
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    answer.text += chunk;
  });
  if (body !== undefined) stream.end(body);
  return answer;
}

const post = { ':method': 'POST', ':path': '/x?a=1', 'content-type': 'application/json' } as const;

describe.each([
  ['over TLS', true],
  ['in clear text', false],
])('HTTP/2 %s', (_, secure) => {
  test('is met like any request', async () => {
    const { port, handler } = await start(secure);
    const session = await open(port, secure);
    const answers = ['one', 'two', 'three'].map((body) =>
      ask(session, { ...post, ':authority': 'gateway.example', cookie: ['a=1', 'b=2'], 'x-a': 'b' }, body),
    );
    await Promise.all(answers.map(({ closed }) => closed));
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [200, '/x 3'],
      [200, '/x 3'],
      [200, '/x 5'],
    ]);
    const [call] = handler.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/x', query: '?a=1' });
    expect(call?.peer).toEqual({ address: '127.0.0.1', path: 'http2' });
    expect(call?.lines).toContain('host: gateway.example\r\n');
    expect(call?.cookie).toBe('a=1; b=2');
  });

  test('streams, and holds back for a caller that does not read', async () => {
    const { port, handler } = await start(secure);
    const session = await open(port, secure);
    const piece = Buffer.alloc(65_536, 'x');
    let written = 0;
    handler.whole = (call) => {
      call.reply.start(200, 'content-type: text/event-stream\r\n', undefined);
      call.more = () => {
        do written++;
        while (call.reply.write(piece) && written < 100_000);
      };
      call.more();
    };
    const stream = session.request(post, { endStream: false });
    stream.on('error', () => undefined);
    stream.end('{}');
    await once(stream, 'response');
    let last = -1;
    await until('it is held back', () => {
      const isStill = written === last;
      last = written;
      return isStill;
    });
    expect(written).toBeLessThan(200);
    stream.resume();
    await until('it goes on', () => written > last + 100);
    stream.close(constants.NGHTTP2_CANCEL);
    await until('it is told that its caller left', () => handler.last?.left === true);
  });

  test('ends a call whose caller resets it, and no other', async () => {
    const { port, handler } = await start(secure);
    handler.whole = () => undefined;
    const session = await open(port, secure);
    const reset = ask(session, post, '{}');
    const stays = ask(session, post, '{}');
    await until('both are whole', () => handler.calls.filter(({ body }) => body !== undefined).length === 2);
    reset.stream.close(constants.NGHTTP2_CANCEL);
    await until('it is told', () => handler.calls[0]?.left === true);
    handler.calls[1]?.answer('done');
    await stays.closed;
    expect([stays.status, stays.text, handler.calls[1]?.left]).toEqual([200, 'done', false]);
  });

  test('takes half a body for none', async () => {
    const { port, handler } = await start(secure);
    const session = await open(port, secure);
    const stream = session.request(post);
    stream.on('error', () => undefined);
    stream.write('{"half":');
    await until('it is begun', () => handler.calls.length === 1);
    // Unlike `close`, this does not end the body first.
    stream.destroy(new Error('given up'));
    const next = ask(session, post, '{}');
    await next.closed;
    expect(handler.calls.map(({ body }) => body?.toString())).toEqual([undefined, '{}']);
  });

  test('an answer that is broken off does not pass for a whole one', async () => {
    const { port, handler } = await start(secure);
    handler.whole = (call) => {
      call.reply.start(200, '', undefined);
      call.reply.write(Buffer.from('half'));
      setImmediate(() => call.reply.breakOff());
    };
    const session = await open(port, secure);
    const answer = ask(session, post, '{}');
    await answer.closed;
    expect(answer.stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    handler.whole = (call) => call.answer('whole');
    const next = ask(session, post, '{}');
    await next.closed;
    expect(next.text).toBe('whole');
  });

  test('an answer may come before the body, which is then no longer wanted', async () => {
    const { port, handler } = await start(secure);
    handler.maxBodyBytes = 1_000;
    const session = await open(port, secure);
    for (const [path, status] of [
      ['/refuse', 401],
      ['/x', 413],
    ] as const) {
      const stream = session.request({ ...post, ':path': path });
      stream.on('error', () => undefined);
      stream.write('x'.repeat(2_000));
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
      expect(headers[':status']).toBe(status);
      stream.resume();
      await new Promise((resolve) => stream.on('close', resolve));
    }
    expect(handler.calls.every(({ body }) => body === undefined)).toBe(true);
  });

  test('headers of HTTP/1 connections are left out of answers', async () => {
    const { port, handler } = await start(secure);
    handler.whole = (call) => call.answer('no', 408, 'connection: close\r\nx-kept: 1\r\n');
    const session = await open(port, secure);
    const answer = ask(session, post, '{}');
    await answer.closed;
    expect([answer.status, answer.headers['x-kept'], answer.headers.connection]).toEqual([408, '1', undefined]);
  });

  test('a stream that comes a byte at a time is not waited for', async () => {
    const { port, handler } = await start(secure, { bodyStallMs: 100, bodyTotalMs: 300 });
    const session = await open(port, secure);
    const stream = session.request(post);
    stream.on('error', () => undefined);
    const drip = setInterval(() => stream.writable && stream.write('x'), 20);
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    clearInterval(drip);
    expect([headers[':status'], handler.last?.problem]).toEqual([408, 'tooSlow']);
  });

  test('a gateway that drains takes no new streams and lets those that run finish', async () => {
    const { port, handler, server } = await start(secure);
    handler.whole = () => undefined;
    const session = await open(port, secure);
    const running = ask(session, post, '{}');
    await until('it is whole', () => handler.last?.body !== undefined);
    const told = once(session, 'goaway');
    server.beginDraining({ idleMs: 0 });
    const drained = server.drain(10_000, () => undefined);
    await told;
    handler.last?.answer('done');
    await running.closed;
    await drained;
    expect([running.status, running.text]).toEqual([200, 'done']);
  });

  test('a gateway that lingers answers, and then the session ends', async () => {
    const { port, server } = await start(secure);
    const session = await open(port, secure);
    await ask(session, post, '{}').closed;
    server.beginDraining({ idleMs: 0 });
    const last = ask(session, post, '{}');
    await last.closed;
    expect(last.status).toBe(200);
    await until('the session is over', () => server.connections === 0);
  });

  test('a caller that opens and resets streams without end is cut off', async () => {
    const { port, server, handler } = await start(secure);
    handler.whole = () => undefined;
    const session = await open(port, secure);
    for (let count = 0; count < 2_000 && !session.destroyed && !session.closed; count++) {
      const stream = session.request({ ':path': '/now' });
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
      if (count % 50 === 49) await new Promise(setImmediate);
    }
    await until('its connection is gone', () => server.connections === 0);
    expect(handler.calls.length).toBeLessThan(1_000);
  });

  test('a session that asks for nothing is not kept', async () => {
    const { port, server } = await start(secure, { headersTimeoutMs: 150, keepAliveMs: 150 });
    await open(port, secure);
    const used = await open(port, secure);
    await ask(used, post, '{}').closed;
    await until('both are gone', () => server.connections === 0);
  });

  test('a session that waits for its answer is kept', async () => {
    const { port, handler, server } = await start(secure, { headersTimeoutMs: 100, keepAliveMs: 100 });
    handler.whole = (call) => void setTimeout(() => call.answer('late'), 500);
    const session = await open(port, secure);
    const answer = ask(session, post, '{}');
    await answer.closed;
    expect(answer.text).toBe('late');
    await until('it is gone afterwards', () => server.connections === 0);
  });

  test('callers are told how many streams they may open, and that there is nothing to push', async () => {
    const { port } = await start(secure);
    const session = await open(port, secure);
    if (session.remoteSettings.maxConcurrentStreams !== 128) await once(session, 'remoteSettings');
    expect(session.remoteSettings).toMatchObject({ maxConcurrentStreams: 128, maxHeaderListSize: 16_384 });
  });

  test.each<[string, OutgoingHttpHeaders]>([
    ['two hosts that differ', { host: 'other.example', ':authority': 'gateway.example' }],
    ['a secret twice', { 'x-api-key': ['one', 'two'] }],
  ])('%s are refused', async (__, headers) => {
    const { port, handler } = await start(secure);
    const session = await open(port, secure);
    const answer = ask(session, { ...post, ...headers }, '{}');
    await answer.closed;
    expect([answer.status, handler.calls.length]).toEqual([400, 0]);
  });

  test('headers that are too large are refused', async () => {
    const { port, handler } = await start(secure);
    const session = await open(port, secure);
    const answer = ask(session, { ...post, 'x-flood': 'x'.repeat(40_000) }, '{}');
    await answer.closed;
    expect(answer.status).toBe(431);
    const next = ask(session, { ...post, 'x-flood': 'x'.repeat(40_000) }, '{}');
    await next.closed;
    expect(next.status === 431 || next.stream.rstCode !== 0).toBe(true);
    expect(handler.calls).toHaveLength(0);
  });
});
