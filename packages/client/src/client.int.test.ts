import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Client, createClient } from './client.ts';
import { ApiProblem, UnexpectedAnswer, Unreachable } from './errors.ts';
import type { WatchItem } from './events.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, attempt: number) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: Handler): Promise<string> {
  let attempt = 0;
  const server = createServer((request, response) => handler(request, response, ++attempt));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function clientFor(url: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}): Client {
  let keys = 0;
  return createClient({
    url,
    token: { reveal: () => 'sbt_secret' },
    userAgent: 'test/1',
    newIdempotencyKey: () => `key-${++keys}`,
    sleep: async () => {},
    ...options,
  });
}

function json(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type, etag: '"7"' }).end(JSON.stringify(body));
}

const whoami = { id: 'i', name: 'ci', role: 'operator' };

describe('a call', () => {
  test('answers with what is known and keeps what is not', async () => {
    const url = await serve((_, response) => json(response, 200, { ...whoami, later: 1 }));
    expect(await clientFor(url).whoami()).toEqual(whoami);
    const answer = await clientFor(url).call('whoami');
    expect(answer).toMatchObject({ value: whoami, json: { ...whoami, later: 1 }, etag: '"7"' });
  });

  test('sends the token, and a change sends one key over all its attempts', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response, attempt) => {
      seen.push([request.headers.authorization, request.headers['idempotency-key']]);
      if (attempt === 1) request.socket.destroy();
      else if (attempt === 2) response.writeHead(503).end();
      else json(response, 200, { replicas: 2, message: 'replacing 2 replicas' });
    });
    const client = clientFor(url);
    await client.restart({ params: { name: 'chat' } });
    expect(seen).toEqual(Array(3).fill(['Bearer sbt_secret', 'key-1']));
    await client.restart({ params: { name: 'chat' } });
    expect(seen.at(-1)).toEqual(['Bearer sbt_secret', 'key-2']);
  });

  test('fails with the problem that the control plane tells', async () => {
    const problem = {
      type: '/docs/errors#auth.forbidden',
      title: 'The token may not do this',
      status: 403,
      code: 'auth.forbidden',
      detail: 'This needs the role admin; the token has operator.',
      requestId: 'r-9',
      problems: [],
    };
    const url = await serve((_, response) => json(response, 403, problem, 'application/problem+json'));
    const failed = clientFor(url).listTokens();
    await expect(failed).rejects.toThrow(ApiProblem);
    await expect(failed).rejects.toMatchObject({ code: 'auth.forbidden', status: 403, requestId: 'r-9' });
  });

  test('says where it knocked when nothing answers, and not with what', async () => {
    const url = await serve(() => {});
    servers.splice(0)[0]?.close();
    const failed = clientFor(url).whoami();
    await expect(failed).rejects.toThrow(Unreachable);
    await expect(failed).rejects.toThrow(`No answer from ${url}: connection refused`);
    await expect(failed).rejects.not.toThrow('sbt_secret');
  });

  test('gives up in time', async () => {
    const url = await serve(() => {});
    await expect(clientFor(url, { timeoutMs: 50 }).whoami()).rejects.toThrow('no complete answer within 0.05 s');
  });

  test('ends when its caller does not want it any more', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    await expect(clientFor(url, { signal: stop.signal }).whoami()).rejects.toMatchObject({ name: 'AbortError' });
  });

  test.each<{ name: string; handler: Handler; says: string }>([
    { name: 'a page', handler: (_, response) => void response.end('<html>'), says: 'not with JSON' },
    {
      name: 'another shape',
      handler: (_, response) => json(response, 200, { id: 1 }),
      says: 'not in the shape of whoami',
    },
    { name: 'a foreign error', handler: (_, response) => void response.writeHead(404).end('nope'), says: 'status 404' },
    {
      name: 'a redirect',
      handler: (_, response) => void response.writeHead(302, { location: 'https://elsewhere' }).end(),
      says: 'points to https://elsewhere',
    },
  ])('does not take $name for an answer', async ({ handler, says }) => {
    const failed = clientFor(await serve(handler)).whoami();
    await expect(failed).rejects.toThrow(UnexpectedAnswer);
    await expect(failed).rejects.toThrow(says);
  });

  test('takes nothing for an answer only where there may be nothing to say', async () => {
    const told = { shares: { 'key/k/tokens/minute': 0.5 }, gateways: 2 };
    const url = await serve((_, response, attempt) => {
      if (attempt === 1) json(response, 200, told);
      else response.writeHead(204).end();
    });
    const report = {
      gatewayId: 'g',
      bootId: 'b',
      startedAt: 0,
      sentAt: 1,
      applied: { epoch: 1, number: 1, hash: '' },
      accepting: true,
      replicas: [],
      revisions: [],
      routes: [],
    };
    const send = () => clientFor(url).reportGateway({ params: { id: 'g' }, body: report });
    expect(await send()).toEqual(told);
    expect(await send()).toBeUndefined();
    await expect(clientFor(url).whoami()).rejects.toThrow(UnexpectedAnswer);
  });

  test('reads all pages of a list as one', async () => {
    const token = {
      id: 'i',
      name: 'n',
      role: 'viewer',
      author: 'a',
      createdAt: '2026-01-01T00:00:00Z',
      expiresAt: null,
      revokedAt: null,
    };
    const url = await serve((request, response) => {
      const second = request.url?.includes('cursor=c2') === true;
      json(response, 200, { items: [{ ...token, name: second ? 'two' : 'one' }], nextCursor: second ? null : 'c2' });
    });
    const { value } = await clientFor(url).listAll('listTokens');
    expect(value.items.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(value.nextCursor).toBeNull();
  });

  test('reads JSON lines one by one', async () => {
    const entry = {
      seq: 1,
      at: '2026-01-01T00:00:00Z',
      project: null,
      actor: 'a',
      kind: 'k',
      subject: { kind: 'Deployment', name: 'chat', id: 'i' },
      reason: null,
      evidence: {},
      previousHash: '',
      hash: 'h',
    };
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.end(`${JSON.stringify(entry)}\n${JSON.stringify({ ...entry, seq: 2 })}\n`);
    });
    const seqs: number[] = [];
    for await (const { seq } of clientFor(url).exportLedger()) seqs.push(seq);
    expect(seqs).toEqual([1, 2]);
  });
});

describe('a watch', () => {
  const change = (seq: number): string => {
    const data = {
      seq,
      at: '2026-01-01T00:00:00Z',
      kind: 'Deployment',
      project: 'default',
      id: 'i',
      name: 'chat',
      change: 'status',
      message: null,
    };
    return `event: change\nid: ${seq}\ndata: ${JSON.stringify(data)}\n\n`;
  };
  const stream = (response: ServerResponse): ServerResponse =>
    response.writeHead(200, { 'content-type': 'text/event-stream' });

  const place = (event: 'ready' | 'reset', seq: number): string =>
    `event: ${event}\nid: ${seq}\ndata: {"seq":${seq}}\n\n`;

  async function take(items: AsyncIterable<WatchItem>, count: number): Promise<readonly string[]> {
    const seen: string[] = [];
    for await (const item of items) {
      seen.push(
        item.kind === 'change' ? `change ${item.change.seq}` : 'seq' in item ? `${item.kind} ${item.seq}` : item.kind,
      );
      if (seen.length === count) break;
    }
    return seen;
  }

  test('goes on where it was when the connection breaks, and tells nothing twice', async () => {
    const resumedFrom: unknown[] = [];
    const url = await serve((request, response, attempt) => {
      resumedFrom.push(request.headers['last-event-id']);
      if (attempt === 1)
        stream(response).write(place('ready', 3) + change(4) + change(5), () => request.socket.destroy());
      else stream(response).write(`: alive\n\n${place('ready', 5)}${change(5)}${change(6)}`);
    });
    expect(await take(clientFor(url).events(), 6)).toEqual([
      'ready 3',
      'change 4',
      'change 5',
      'lost',
      'ready 5',
      'change 6',
    ]);
    expect(resumedFrom).toEqual([undefined, '5']);
  });

  test('hears that changes were missed', async () => {
    const url = await serve((_, response) => void stream(response).write(place('reset', 9) + change(9) + change(10)));
    expect(await take(clientFor(url).events({ after: 3 }), 2)).toEqual(['reset 9', 'change 10']);
  });

  test('takes a connection that fell silent for a lost one', async () => {
    const url = await serve((_, response) => void stream(response).write(place('ready', 3)));
    expect(await take(clientFor(url).events({ idleTimeoutMs: 50 }), 3)).toEqual(['ready 3', 'lost', 'ready 3']);
  });

  test('ends with its signal', async () => {
    const stop = new AbortController();
    const url = await serve((_, response) => void stream(response).write(place('ready', 0) + change(1)));
    const seen: string[] = [];
    for await (const { kind } of clientFor(url).events({ signal: stop.signal })) {
      seen.push(kind);
      if (kind === 'change') stop.abort();
    }
    expect(seen).toEqual(['ready', 'change']);
  });

  test('fails where the first connection is refused', async () => {
    const url = await serve((_, response) => void response.writeHead(404).end());
    await expect(take(clientFor(url).events(), 1)).rejects.toThrow(UnexpectedAnswer);
  });
});
