import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import { backendOf, chat, routeOf, serve, snapshotOf, startBoth, until } from '../gateway.fixture.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const program = fileURLToPath(new URL('./main.ts', import.meta.resolve('@signalbox/testkit/simulated-engine')));
const serveTiny = ['serve', 'org/tiny', '--served-model-name', 'tiny'];

/** An engine that can be frozen and killed like any process. */
async function engineProcess(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [program, ...serveTiny, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  stops.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await until('the engine listens', () => text.includes('Listening on'));
  return { child, url: /Listening on (\S+)/.exec(text)?.[1] ?? '' };
}

async function engine(options: Parameters<typeof startSimulatedEngine>[0] = {}): Promise<string> {
  const started = await startSimulatedEngine({ args: serveTiny, ...options });
  stops.push(() => started.close());
  return started.url;
}

/** Stands in the way to an engine; told to, it keeps all connections open and carries nothing any more. */
async function wayTo(url: string): Promise<{ url: string; losePackets(): void; carryAgain(): void }> {
  const sockets = new Set<Socket>();
  let carries = true;
  const server = createServer((caller) => {
    sockets.add(caller.on('error', () => undefined));
    if (!carries) return;
    const onward = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    sockets.add(onward);
    caller.pipe(onward).pipe(caller);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    losePackets: () => {
      carries = false;
      for (const socket of sockets) socket.unpipe().pause();
    },
    carryAgain: () => {
      carries = true;
    },
  };
}

const timeouts = { firstByteMs: 20_000, betweenBytesMs: 1_000, totalMs: 60_000 };

async function gatewayOver(urls: readonly string[]) {
  const both = await startBoth(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: urls })], { timeouts })]));
  stops.push(() => both.stop());
  const logged = (message: string) => both.running.lines.filter((line) => line.message === message);
  return { ...both, ejections: () => logged('replica ejected'), returns: () => logged('replica returned') };
}

type Watched = Awaited<ReturnType<typeof gatewayOver>>;

async function msUntilEjected({ ejections }: Watched, count = 1): Promise<number> {
  const since = performance.now();
  await until('it is ejected', () => ejections().length === count);
  return performance.now() - since;
}

async function statusOf(url: string): Promise<number> {
  const answer = await chat(url, { max_tokens: 2 });
  await answer.text();
  return answer.status;
}

/** As many callers, each with one request after the other, while `what` goes on. */
async function underLoad<T>(url: string, what: () => Promise<T>): Promise<{ result: T; statuses: Set<number> }> {
  const statuses = new Set<number>();
  let isOver = false;
  const callers = Array.from({ length: 8 }, async () => {
    while (!isOver) statuses.add(await statusOf(url));
  });
  const result = await what().finally(() => {
    isOver = true;
  });
  await Promise.all(callers);
  return { result, statuses };
}

describe('a replica that is lost', () => {
  test('by kill -9 under load is out within a second, and nobody notices', async () => {
    const [{ child, url: dying }, living] = [await engineProcess(), await engine()];
    const watched = await gatewayOver([dying, living]);
    const { result, statuses } = await underLoad(watched.url, () => {
      child.kill('SIGKILL');
      return msUntilEjected(watched);
    });
    expect(result).toBeLessThan(1_000);
    expect(statuses).toEqual(new Set([200]));
    expect(watched.ejections()).toMatchObject([{ because: 'connections' }]);
  });

  test('by kill -9 without any request is out within two', async () => {
    const [{ child, url: dying }, living] = [await engineProcess(), await engine()];
    const watched = await gatewayOver([dying, living]);
    child.kill('SIGKILL');
    expect(await msUntilEjected(watched)).toBeLessThan(2_000);
    expect(watched.ejections()).toMatchObject([{ because: 'health checks' }]);
  });

  test('by freezing under load is out within five, who waited is served elsewhere, and it comes back', async () => {
    const [{ child, url: freezing }, living] = [await engineProcess(), await engine()];
    const watched = await gatewayOver([freezing, living]);
    const { result, statuses } = await underLoad(watched.url, () => {
      child.kill('SIGSTOP');
      return msUntilEjected(watched);
    });
    expect(result).toBeLessThan(5_000);
    expect(statuses).toEqual(new Set([200]));
    expect(watched.ejections()).toMatchObject([{ because: 'silence' }]);
    child.kill('SIGCONT');
    await until('it is back', () => watched.returns().length === 1);
    expect(await statusOf(watched.url)).toBe(200);
  }, 20_000);

  test('by a network that carries nothing more is out within five, at rest and with a stream that ends in one error', async () => {
    const [way, other] = [await wayTo(await engine()), await engine()];
    const watched = await gatewayOver([way.url, other]);
    const streams = await Promise.all(
      [1, 2].map(() => chat(watched.url, { stream: true, max_tokens: 400, ignore_eos: true })),
    );
    way.losePackets();
    const ejectedAfterMs = await msUntilEjected(watched);
    expect(ejectedAfterMs).toBeLessThan(5_000);
    const ends = await Promise.all(streams.map((stream) => stream.text()));
    const broken = ends.filter((text) => !text.trimEnd().endsWith('data: [DONE]'));
    expect(broken).toHaveLength(1);
    expect(broken[0]?.match(/"error"/g)).toHaveLength(1);
    way.carryAgain();
    await until('it is back', () => watched.returns().length === 1);
    // None of the connections from before is used again: those would say nothing for ever.
    for (let sent = 0; sent < 4; sent++) expect(await statusOf(watched.url)).toBe(200);
  }, 20_000);
});

describe('a replica that is well', () => {
  test('and needs longer for a prompt than a check may take stays in', async () => {
    const watched = await gatewayOver([await engine({ faults: { slowFirstTokenMs: 4_000 } }), await engine()]);
    const answers = Array.from({ length: 4 }, () => statusOf(watched.url));
    expect(await Promise.all(answers)).toEqual([200, 200, 200, 200]);
    expect(watched.ejections()).toEqual([]);
  }, 20_000);

  test('and answers callers but no check in time stays in', async () => {
    let [givenUp, answersChecks] = [0, true];
    const busy = await serve((request, response) => {
      if (request.url === '/health') {
        response.on('close', () => {
          if (!response.writableEnded) givenUp++;
        });
        if (answersChecks) response.end();
        return;
      }
      if (request.method === 'GET') return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const beat = setInterval(() => response.write('data: {"choices":[]}\n\n'), 100);
      response.on('close', () => clearInterval(beat));
    });
    stops.push(() => busy.close());
    const watched = await gatewayOver([busy.url]);
    answersChecks = false;
    const leaving = new AbortController();
    const stream = await chat(watched.url, { stream: true }, { signal: leaving.signal });
    await until('two checks were given up', () => givenUp >= 2);
    expect(stream.status).toBe(200);
    expect(watched.ejections()).toEqual([]);
    leaving.abort();
    await expect(stream.text()).rejects.toThrow();
    await until('with nothing more heard it is out', () => watched.ejections().length === 1);
  }, 20_000);
});
