import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SnapshotRoute } from '@signalbox/domain';
import { backendOf, chat, routeOf, serve, snapshotOf, startBoth, until } from '../gateway.fixture.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Asked {
  body: string;
  headers: IncomingMessage['headers'];
  response: ServerResponse;
  /** The gateway closed the connection before there was an answer. */
  closed: boolean;
}

const answer = JSON.stringify({ usage: { prompt_tokens: 3, completion_tokens: 7, total_tokens: 10 } });
const answerWhole = ({ response }: Asked): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
const hold = (): void => undefined;

/** An engine that keeps what it was asked and does with it what the test says. */
async function engine(answered: (asked: Asked) => void = answerWhole) {
  const asked: Asked[] = [];
  const server = await serve((request, response) => {
    if (request.method === 'GET') return void response.writeHead(request.url === '/health' ? 200 : 404).end();
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const one: Asked = { body, headers: request.headers, response, closed: false };
      response.on('close', () => {
        one.closed = !response.writableEnded;
      });
      asked.push(one);
      answered(one);
    });
  });
  stops.push(() => server.close());
  return { url: server.url, asked };
}

interface Setting {
  real: string;
  shadow: string;
  bound?: Partial<NonNullable<SnapshotRoute['shadow']>>;
  mostInFlight?: number;
}

/** A stable revision with all traffic, one that gets copies, and a second route whose requests go to the latter. */
async function gatewayWith({ real, shadow, bound, mostInFlight }: Setting) {
  const stable = backendOf({ revisionId: 'stable', at: [real] });
  const shadowed = backendOf({
    revisionId: 'next',
    revision: 2,
    version: 'v2',
    at: [shadow],
    maxInFlightPerReplica: mostInFlight ?? null,
  });
  const route = routeOf([stable, shadowed], { shadow: { revisionId: 'next', basisPoints: 10_000, ...bound } });
  const direct = routeOf([shadowed], { id: 'route-direct', name: 'direct' });
  const both = await startBoth(snapshotOf([route, direct]));
  stops.push(() => both.stop());
  const counted = async (metric: string, label: string): Promise<number> => {
    const text = await both.running.metrics();
    const line = text
      .split('\n')
      .find((one) => one.startsWith(`signalbox_gateway_shadow_${metric}`) && one.includes(label));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  return { ...both, counted };
}

describe('a shadow', () => {
  test('gets a copy of what the caller sent, and the caller the answer of its own revision', async () => {
    const [real, shadow] = [await engine(), await engine()];
    const { url, counted } = await gatewayWith({ real: real.url, shadow: shadow.url });
    const reply = await chat(url, {}, { headers: { 'content-type': 'application/json', 'x-request-id': 'r-1' } });
    expect(reply.headers.get('x-signalbox-revision')).toBe('chat/1');
    await reply.text();
    await until('the copy is counted', async () => (await counted('copies_total', 'outcome="ok"')) === 1);
    expect(shadow.asked.map(({ body }) => body)).toEqual(real.asked.map(({ body }) => body));
    expect(shadow.asked[0]?.headers).toMatchObject({ 'x-signalbox-shadow': 'true', 'x-request-id': 'r-1' });
    expect(real.asked[0]?.headers).not.toHaveProperty('x-signalbox-shadow');
    expect(await counted('output_tokens_total', 'revision="chat/2"')).toBe(7);
    expect(await counted('ttft_seconds_count', 'revision="chat/2"')).toBe(1);
    expect(await counted('duration_seconds_count', 'revision="chat/2"')).toBe(1);
  });

  test('counts neither for the gate of its revision, nor as load, nor as usage', async () => {
    const [real, shadow] = [await engine(), await engine(hold)];
    const { url, controlPlane, running } = await gatewayWith({ real: real.url, shadow: shadow.url });
    await (await chat(url)).text();
    await until('the copy is there', () => shadow.asked.length === 1);
    const before = controlPlane.reports.length;
    await until('it was reported again', () => controlPlane.reports.length > before + 1);
    expect(controlPlane.last?.revisions.find(({ revisionId }) => revisionId === 'next')).toMatchObject({ requests: 0 });
    expect(controlPlane.last?.routes.find(({ routeId }) => routeId === 'route-chat')).toMatchObject({ inFlight: 0 });
    expect(controlPlane.last?.replicas.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
    expect(running.lines.filter(({ message }) => message === 'request')).toHaveLength(1);
  });

  test('that hangs delays nobody, and gets no more than its bound', async () => {
    const [real, shadow] = [await engine(), await engine(hold)];
    const { url, counted } = await gatewayWith({ real: real.url, shadow: shadow.url, bound: { maxConcurrent: 2 } });
    for (let sent = 0; sent < 6; sent++) expect((await chat(url)).status).toBe(200);
    await until('copies arrived', () => shadow.asked.length === 2);
    expect(await counted('dropped_total', 'reason="concurrency"')).toBe(4);
    expect(shadow.asked).toHaveLength(2);
  });

  test('that fails is counted, is never asked twice for one request, and stays in service', async () => {
    const [real, shadow] = [await engine(), await engine(({ response }) => void response.writeHead(500).end('{}'))];
    const { url, counted, controlPlane } = await gatewayWith({ real: real.url, shadow: shadow.url });
    for (let sent = 1; sent <= 8; sent++) {
      expect((await chat(url)).status).toBe(200);
      await until('the copy failed', async () => (await counted('copies_total', 'outcome="error"')) === sent);
    }
    expect(shadow.asked).toHaveLength(8);
    expect(controlPlane.last?.replicas.map(({ ejected }) => ejected)).toEqual([false, false]);
  });

  test('that is cut off in the middle of a stream has failed', async () => {
    const stream = ({ response }: Asked): void => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
      setImmediate(() => response.destroy());
    };
    const [real, shadow] = [await engine(), await engine(stream)];
    const { url, counted } = await gatewayWith({ real: real.url, shadow: shadow.url });
    await (await chat(url, { stream: true })).text();
    await until('the copy failed', async () => (await counted('copies_total', 'outcome="error"')) === 1);
    expect(await counted('ttft_seconds_count', 'revision="chat/2"')).toBe(1);
  });

  test('gets nothing while its replicas have work of their own', async () => {
    const [real, shadow] = [await engine(), await engine(hold)];
    const { url, counted } = await gatewayWith({ real: real.url, shadow: shadow.url, mostInFlight: 2 });
    const own = chat(url, { model: 'direct' });
    await until('its own request is there', () => shadow.asked.length === 1);
    expect((await chat(url)).status).toBe(200);
    await until('the copy was dropped', async () => (await counted('dropped_total', 'reason="full"')) === 1);
    expect(shadow.asked).toHaveLength(1);
    answerWhole(shadow.asked[0] as Asked);
    await (await own).text();
  });

  test('makes way when callers need the room', async () => {
    const [real, shadow] = [await engine(), await engine(hold)];
    const { url, counted } = await gatewayWith({ real: real.url, shadow: shadow.url, mostInFlight: 1 });
    expect((await chat(url)).status).toBe(200);
    await until('the copy is there', () => shadow.asked.length === 1);
    const own = chat(url, { model: 'direct' });
    await until('the copy was given up', async () => (await counted('copies_total', 'outcome="cancelled"')) === 1);
    await until('the engine heard so', () => shadow.asked[0]?.closed === true);
    await until('the caller’s request is there', () => shadow.asked.length === 2);
    answerWhole(shadow.asked[1] as Asked);
    expect((await own).status).toBe(200);
  });

  test('gets no copy of what its own revision is asked', async () => {
    const shadow = await engine();
    const only = backendOf({ revisionId: 'next', at: [shadow.url] });
    const both = await startBoth(
      snapshotOf([routeOf([only], { shadow: { revisionId: 'next', basisPoints: 10_000 } })]),
    );
    stops.push(() => both.stop());
    await (await chat(both.url)).text();
    await (await chat(both.url)).text();
    expect(shadow.asked).toHaveLength(2);
  });

  test('does not hold up a gateway that leaves', async () => {
    const [real, shadow] = [await engine(), await engine(hold)];
    const both = await gatewayWith({ real: real.url, shadow: shadow.url });
    await (await chat(both.url)).text();
    await until('the copy is there', () => shadow.asked.length === 1);
    const { response } = shadow.asked[0] as Asked;
    const gone = once(response, 'close');
    const from = performance.now();
    await both.running.gateway.stop();
    await gone;
    expect(performance.now() - from).toBeLessThan(5_000);
  });
});
