import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '../gateway.fixture.ts';
import { get, post, startCallers, type TestCallers } from './caller-server.fixture.ts';

let callers: TestCallers;
afterEach(async () => {
  await callers.stop();
});

const large = 8 * 1024 * 1024;
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));

describe('a caller that reads slowly', () => {
  test('still gets the whole of an answer that ends its connection', async () => {
    callers = await startCallers();
    callers.handler.whole = (call) => call.answer('x'.repeat(large));
    const { socket, text, closed } = await callers.connect();
    socket.pause();
    socket.write(post('/slow', '{}', 'connection: close\r\n'));
    await until('it is answered', () => callers.handler.last?.body !== undefined);
    // Longer than a connection lingers after its last answer.
    await until('the time to linger is over', overAfter(2_300));
    socket.resume();
    await closed;
    expect(text().length).toBeGreaterThan(large);
  });

  test('may end its own side while its answer is on its way', async () => {
    callers = await startCallers();
    callers.handler.whole = (call) => call.answer('x'.repeat(large));
    const { socket, text, closed } = await callers.connect();
    socket.pause();
    socket.write(post('/slow', '{}'));
    await until('it is answered', () => callers.handler.last?.body !== undefined);
    socket.end();
    await until('the gateway has heard of it', overAfter(100));
    socket.resume();
    await closed;
    expect(text().length).toBeGreaterThan(large);
  });

  test('gets the whole of an answer that was written before the gateway drained', async () => {
    callers = await startCallers();
    callers.handler.whole = (call) => call.answer('x'.repeat(large));
    const { socket, text, closed } = await callers.connect();
    socket.pause();
    socket.write(post('/slow', '{}'));
    await until('it is answered', () => callers.handler.last?.body !== undefined);
    callers.server.beginDraining({ idleMs: 0 });
    const drained = callers.server.drain(20_000, () => undefined);
    socket.resume();
    await closed;
    await drained;
    expect(text().length).toBeGreaterThan(large);
  });

  test('is cut off when it reads nothing at all', async () => {
    callers = await startCallers({ keepAliveMs: 100, slowReaderMs: 300 });
    callers.handler.whole = (call) => call.answer('x'.repeat(large));
    const { socket } = await callers.connect();
    socket.pause();
    socket.write(post('/slow', '{}'));
    await until('it is answered', () => callers.handler.last?.body !== undefined);
    await until('its connection is gone', () => callers.server.connections === 0);
  });

  test('cannot make the gateway hold answers to requests that it goes on to send', async () => {
    callers = await startCallers();
    const { socket, text } = await callers.connect();
    socket.pause();
    const answer = 'y'.repeat(2_000);
    const requests = 20_000;
    socket.write(get(`/now?${answer}`).repeat(requests));
    await until(
      'nothing moves any more',
      settled(() => callers.handler.calls.length),
    );
    // What the kernel's buffers take on both sides is some megabytes; 40 MB are not.
    expect(callers.handler.calls.length).toBeLessThan(requests / 2);
    socket.resume();
    await until('all are answered', () => callers.handler.calls.length === requests, 20_000);
    await until('all answers have come', () => text().endsWith(answer) && statuses(text()).length === requests, 20_000);
  });

  test('is told to the call, and when it reads again', async () => {
    callers = await startCallers();
    const piece = Buffer.alloc(1024 * 1024);
    callers.handler.whole = (call) => {
      call.reply.start(200, '', undefined);
      call.more = () => void call.reply.write(piece);
      call.more();
    };
    const { socket } = await callers.connect();
    socket.pause();
    socket.write(post('/slow', '{}'));
    await until('it writes', () => callers.handler.last?.more !== undefined);
    await until(
      'nothing moves any more',
      settled(() => callers.handler.last?.reads ?? 0),
    );
    const stopped = callers.handler.last?.reads ?? 0;
    expect(stopped).toBeLessThan(64);
    socket.resume();
    await until('it reads', () => (callers.handler.last?.reads ?? 0) > stopped);
    socket.destroy();
    await until('it is told that its caller left', () => callers.handler.last?.left === true);
  });
});

describe('requests behind one another', () => {
  test('are answered in order, however many come at once', async () => {
    callers = await startCallers();
    const { socket, text } = await callers.connect();
    socket.write(Array.from({ length: 500 }, (_, index) => get(`/now?${index}.`)).join(''));
    await until('all are answered', () => text().endsWith('?499.'));
    expect([...text().matchAll(/\?(\d+)\./g)].map((match) => Number(match[1]))).toEqual(
      Array.from({ length: 500 }, (_, index) => index),
    );
  });

  test('wait behind one that is being answered, within bounds, and go on after it', async () => {
    callers = await startCallers();
    callers.handler.whole = () => undefined;
    const { socket, text } = await callers.connect();
    socket.write(post('/waits', '{}'));
    await until('it is whole', () => callers.handler.last?.body !== undefined);
    const behind = 40_000;
    socket.write(get('/now?behind').repeat(behind));
    await until(
      'no more is taken in',
      settled(() => socket.bytesWritten - socket.writableLength),
    );
    expect(callers.handler.calls).toHaveLength(1);
    callers.handler.calls[0]?.answer('first');
    await until('all are answered', () => callers.handler.calls.length === behind + 1, 20_000);
    await until('all answers have come', () => statuses(text()).length === behind + 1, 20_000);
  });

  test('a caller that left with requests waiting frees the one that is answered', async () => {
    callers = await startCallers();
    callers.handler.whole = () => undefined;
    const { socket } = await callers.connect();
    socket.write(post('/waits', '{}') + get('/now?1'));
    await until('it is whole', () => callers.handler.last?.body !== undefined);
    socket.destroy();
    await until('it is told', () => callers.handler.calls[0]?.left === true);
    expect(callers.handler.calls).toHaveLength(1);
  });

  test('an answer before the body has come ends the connection, and the rest is no request', async () => {
    callers = await startCallers();
    const { socket, text, closed } = await callers.connect();
    socket.write(post('/refuse', get('/now?smuggled')).slice(0, -4));
    await until('it is answered', () => text() !== '');
    socket.write(`\r\n\r\n${get('/now?smuggled')}`);
    socket.end();
    await closed;
    expect(statuses(text())).toEqual([401]);
    expect(text()).toContain('connection: close');
    expect(callers.handler.calls).toHaveLength(1);
  });

  test('an answer that says that it closes is the last of its connection, and says so once', async () => {
    callers = await startCallers();
    callers.handler.whole = (call) => call.answer('no', 413, 'connection: close\r\n');
    const { socket, text, closed } = await callers.connect();
    socket.write(post('/x', '{}') + get('/now?behind'));
    await closed;
    expect(text().match(/connection: close/g)).toHaveLength(1);
    expect(statuses(text())).toEqual([413]);
  });
});

describe('a body', () => {
  test('is whole however it is cut', async () => {
    callers = await startCallers();
    let seen = '';
    callers.handler.whole = (call) => {
      seen = call.body?.toString() ?? '';
      call.answer('ok');
    };
    const { socket, text } = await callers.connect();
    socket.setNoDelay(true);
    const bytes = Buffer.from(post('/x', 'abcdefghij'));
    for (const byte of bytes) {
      socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await until('it is answered', () => text().endsWith('ok'));
    expect(seen).toBe('abcdefghij');
  });

  test('that comes a byte at a time for ever is not waited for', async () => {
    callers = await startCallers({ bodyStallMs: 200, bodyTotalMs: 600 });
    const { socket, text, closed } = await callers.connect();
    socket.write('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n');
    const drip = setInterval(() => socket.write('x'), 20);
    await until('it is answered', () => text() !== '');
    clearInterval(drip);
    socket.end();
    await closed;
    expect(statuses(text())).toEqual([408]);
    expect(callers.handler.last?.problem).toBe('tooSlow');
  });
});

describe('a connection that is nothing for the fast path', () => {
  const chunked = 'POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';

  test('changes over at any byte', async () => {
    callers = await startCallers();
    const cuts = Array.from({ length: chunked.length - 1 }, (_, index) => index + 1);
    const answers = await Promise.all(
      cuts.map(async (cut) => {
        const { socket, text, closed } = await callers.connect();
        socket.setNoDelay(true);
        socket.write(`${post('/first', '{}')}${chunked.slice(0, cut)}`);
        await until('the first is answered', () => text().includes('/first 2'));
        socket.write(`${chunked.slice(cut)}${get('/now?last', 'connection: close\r\n')}`);
        await closed;
        return text();
      }),
    );
    for (const answer of answers) {
      expect(statuses(answer)).toEqual([200, 200, 200]);
      expect(answer).toMatch(/\/first 2[\s\S]*\/x 2[\s\S]*\?last/);
    }
  });

  test('changes over behind a long answer that its caller has yet to read', async () => {
    callers = await startCallers();
    callers.handler.whole = (call) => call.answer(call.path === '/long' ? 'x'.repeat(large) : 'short');
    const { socket, text } = await callers.connect();
    socket.pause();
    socket.write(post('/long', '{}') + chunked);
    await until('the first is answered', () => callers.handler.calls[0]?.body !== undefined);
    socket.resume();
    await until('both have come', () => text().endsWith('short'));
    expect(statuses(text())).toEqual([200, 200]);
  });
});

describe('a gateway that drains', () => {
  test('closes what is idle and lets what runs finish, also what waits behind it', async () => {
    callers = await startCallers();
    callers.handler.whole = () => undefined;
    const idle = await callers.connect();
    const busy = await callers.connect();
    idle.socket.write(get('/now?1'));
    busy.socket.write(post('/waits', '{}'));
    await until('both are begun', () => callers.handler.calls.length === 2 && idle.text() !== '');
    callers.server.beginDraining({ idleMs: 0 });
    const drained = callers.server.drain(10_000, () => undefined);
    await idle.closed;
    callers.handler.calls.find(({ path }) => path === '/waits')?.answer('done');
    await busy.closed;
    await drained;
    expect(busy.text()).toMatch(/connection: close[\s\S]*done$/);
  });

  test('does not reset a caller whose next request was on its way', async () => {
    callers = await startCallers();
    const errors: string[] = [];
    const { socket, closed } = await callers.connect();
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
    socket.write(get('/now?1'));
    await until('it is answered', () => callers.handler.calls.length === 1);
    callers.server.beginDraining({ idleMs: 0 });
    const drained = callers.server.drain(5_000, () => undefined);
    socket.write(get('/now?2'));
    await closed;
    await drained;
    expect(errors).toEqual([]);
  });

  test.each([
    { path: 'the fast path', fastPath: true },
    { path: "Node's own server", fastPath: false },
  ])('over some time, closes one connection after the other: $path', async ({ fastPath }) => {
    const timeMs = 60_000;
    let passedMs = 0;
    callers = await startCallers({ fastPath, now: () => performance.now() + passedMs });
    const connections = await Promise.all(Array.from({ length: 40 }, () => callers.connect()));
    const askAll = async (): Promise<boolean[]> => {
      const open = connections.filter(({ socket }) => !socket.readableEnded);
      const before = open.map(({ text }) => text().length);
      for (const { socket } of open) socket.write(get('/now'));
      await until('all are answered', () => open.every(({ text }, at) => text().length > (before[at] ?? 0)));
      return open.map(({ text }, at) => text().slice(before[at]).toLowerCase().includes('connection: close'));
    };
    expect(await askAll()).not.toContain(true);
    callers.server.beginDraining({ idleMs: timeMs, overMs: timeMs });
    passedMs = timeMs / 2;
    const closed = await askAll();
    expect(closed).toContain(true);
    expect(closed).toContain(false);
    const leaving = connections.filter((_, at) => closed[at]);
    await until('they are closed', () => leaving.every(({ socket }) => socket.readableEnded));
    passedMs = timeMs;
    expect(await askAll()).not.toContain(false);
  });
});

/** Whether so much time has passed since it was first asked. */
function overAfter(ms: number): () => boolean {
  const from = performance.now();
  return () => performance.now() - from >= ms;
}

/** Whether a number has not changed for a while. */
function settled(read: () => number): () => boolean {
  let last = read();
  let since = performance.now();
  return () => {
    const value = read();
    if (value !== last) since = performance.now();
    last = value;
    return performance.now() - since > 300;
  };
}
