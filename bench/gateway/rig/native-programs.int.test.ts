import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { coresProblem, filesProblem } from './cores.ts';
import { runLoad } from './load.ts';
import { loadProblem } from './load-problem.ts';
import { type Mock, startMock } from './mock.ts';
import { type Fault, MockReplica } from './mock-replica.ts';
import { chatBody, writeRequests } from './requests.ts';

const here = coresProblem() ?? filesProblem();
const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function requestsOf(name: string, shape: Partial<Parameters<typeof chatBody>[0]> = {}): string {
  const file = join(folder, name);
  writeRequests(file, [chatBody({ bodyBytes: 600, variant: 0, ...shape })], {});
  return file;
}

(here === undefined ? describe : describe.skip)('load and mock', () => {
  let mock: Mock;
  beforeAll(async () => {
    mock = await startMock(2, folder);
  });
  afterAll(() => mock.stop());
  const port = (): number => mock.ports[1] ?? 0;

  test('agree on every request, byte and token of a closed loop', async () => {
    const before = await mock.stats();
    const requestsFile = requestsOf('closed');
    const result = await runLoad({ port: port(), requestsFile, connections: 8, seconds: 0.2 });
    const after = await mock.stats();
    expect(loadProblem(result, 'mock')).toBeUndefined();
    expect(result.whole).toBeGreaterThan(100);
    expect(after.requests - before.requests).toBe(result.whole);
    expect(after.completionTokens - before.completionTokens).toBe(result.whole * 40);
    expect(result.bodyBytes).toBe(result.whole * 475);
  });

  test('a body larger than any buffer comes through whole', async () => {
    const requestsFile = requestsOf('long', { bodyBytes: 3_000_000, stream: { frames: 2, intervalUs: 1, firstUs: 0 } });
    const result = await runLoad({ port: port(), requestsFile, connections: 2, seconds: 0.1, frames: 2 });
    expect(loadProblem(result, 'mock')).toBeUndefined();
    expect(result.stream.frames).toBe(result.whole * 2);
  });

  test('agree on every frame of many streams, in order and unchanged', async () => {
    const before = await mock.stats();
    const requestsFile = requestsOf('streams', { stream: { frames: 20, intervalUs: 2_000, firstUs: 1_000 } });
    const options = { requestsFile, connections: 50, seconds: 0.2, rampMs: 40, frames: 20 };
    const result = await runLoad({ ...options, port: port() });
    expect(loadProblem(result, 'mock')).toBeUndefined();
    expect(result.stream).toMatchObject({ frames: result.whole * 20, changed: 0, other: 0 });
    expect((await mock.stats()).frames - before.frames).toBe(result.stream.frames);
    expect(result.frameDelayUs?.count).toBe(result.stream.frames);
    // The first frame is due a millisecond after the request, the last one 19 intervals later.
    expect(result.firstByteUs?.min).toBeGreaterThanOrEqual(1_000);
    expect(result.latencyUs?.min).toBeGreaterThanOrEqual(39_000);
  });

  test('frames that never came are lost, though the streams ended well', async () => {
    const requestsFile = requestsOf('short', { stream: { frames: 3, intervalUs: 100, firstUs: 0 } });
    const result = await runLoad({ port: port(), requestsFile, connections: 1, seconds: 0.05, frames: 5 });
    expect(result.stream.lost).toBe(result.whole * 2);
    expect(loadProblem(result, 'mock')).toContain('frames lost');
  });

  test('nobody listens: every connection is refused, and that is said', async () => {
    const requestsFile = requestsOf('nobody');
    const result = await runLoad({ port: 1, requestsFile, connections: 3, seconds: 0.05 });
    expect(result.errors.connect).toBe(3);
    expect(loadProblem(result, 'nobody')).toContain('3 refused');
  });
});

/** What comes of a stream, of a new request and of a question for health while a replica is at fault. */
async function under(fault: Fault): Promise<{ open: string; fresh: string; health: string; back: string }> {
  const replica = await MockReplica.start(folder);
  const { port } = replica;
  /** On a connection of its own: what a former one has met must not be met again. */
  const ask = (method: string, path: string, body = ''): Promise<string> =>
    new Promise((resolve) => {
      const asked = httpRequest({ host: '127.0.0.1', port, method, path, agent: false }, (answer) => {
        answer.resume().on('end', () => resolve(`${answer.statusCode}`));
      });
      asked
        .on('error', () => resolve('broken'))
        .setTimeout(500, () => {
          resolve('silence');
          asked.destroy();
        });
      asked.setHeader('content-length', body.length);
      asked.end(body);
    });
  const body = (frames: number) =>
    chatBody({ bodyBytes: 600, variant: 0, stream: { frames, intervalUs: 10_000, firstUs: 0 } });
  const chat = (frames: number) => ask('POST', '/v1/chat/completions', body(frames));
  try {
    const stream = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body: body(60) });
    const reader = stream.body?.getReader();
    await reader?.read();
    replica.inject(fault);
    const rest = async (): Promise<string> => {
      for (;;) if ((await reader?.read())?.done !== false) return 'whole';
    };
    const patience = new Promise<string>((resolve) => setTimeout(resolve, 1_500, 'silence').unref());
    const open = Promise.race([rest().catch(() => 'broken'), patience]);
    const [fresh, health] = await Promise.all([chat(1), ask('GET', '/health')]);
    const outcome = { open: await open, fresh, health };
    await replica.heal(fault);
    return { ...outcome, back: await chat(1) };
  } finally {
    await replica.stop();
  }
}

(here === undefined ? describe : describe.skip)('a replica at fault', () => {
  test.each<{ fault: Fault; want: Awaited<ReturnType<typeof under>> }>([
    { fault: 'kill -9', want: { open: 'broken', fresh: 'broken', health: 'broken', back: '200' } },
    { fault: 'SIGSTOP', want: { open: 'silence', fresh: 'silence', health: 'silence', back: '200' } },
    { fault: 'RST', want: { open: 'broken', fresh: 'broken', health: 'broken', back: '200' } },
    { fault: 'half-open', want: { open: 'silence', fresh: 'silence', health: 'silence', back: '200' } },
    { fault: '5xx storm', want: { open: 'whole', fresh: '500', health: '200', back: '200' } },
    { fault: 'slow answers', want: { open: 'whole', fresh: 'silence', health: '200', back: '200' } },
  ])('by $fault is so to open streams, new requests and questions for its health', async ({ fault, want }) => {
    expect(await under(fault)).toEqual(want);
  });
});

(here === undefined ? describe : describe.skip)('an open loop', () => {
  let server: Server;
  let answered = 0;
  beforeAll(async () => {
    // Stands still for 300 ms at its 20th request, as a collection of garbage would.
    server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        if (++answered === 20) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });

  test('a stall is felt by all who were due meanwhile, not by the one request that met it', async () => {
    const { port } = server.address() as AddressInfo;
    const requestsFile = requestsOf('open');
    const result = await runLoad({ port, requestsFile, connections: 2, seconds: 1, rate: 200 });
    expect(loadProblem(result, 'server')).toBeUndefined();
    // 60 of 200 requests were due while it stood still; a closed loop would have sent two, and p90 would not know.
    expect(result.sent).toBeGreaterThan(150);
    expect(result.latencyUs?.p90).toBeGreaterThan(100_000);
  });
});
