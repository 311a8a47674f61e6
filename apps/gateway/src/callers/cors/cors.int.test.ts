import { afterEach, describe, expect, test } from '@jest/globals';
import type { SnapshotRoute } from '@signalbox/domain';
import { backendOf, chat, routeOf, serve, snapshotOf, startBoth } from '../../gateway.fixture.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const app = 'https://app.example.com';
const cors = (origins: string[]) => ({ origins, headers: [], maxAgeSeconds: 600 });
const frame = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n';

/** `chat` allows one origin, `open` every one, `shut` none; the engine says of itself that everybody may. */
async function gateway(fastPath: boolean, change: Partial<SnapshotRoute> = {}) {
  const engine = await serve((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-credentials', 'true');
      if (body.includes('"fail"')) return void response.writeHead(500).end();
      const isStream = body.includes('"stream":true');
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
      response.end(isStream ? `${frame}data: [DONE]\n\n` : '{}');
    });
  });
  stops.push(() => engine.close());
  const backends = [backendOf({ revisionId: 'rev-1', at: [engine.url] })];
  const routes = [
    routeOf(backends, { cors: cors([app]), ...change }),
    routeOf(backends, { id: 'route-open', name: 'open', cors: cors(['*']) }),
    routeOf(backends, { id: 'route-shut', name: 'shut' }),
  ];
  const both = await startBoth(snapshotOf(routes), { fastPath });
  stops.push(() => both.stop());
  return both.url;
}

const json = 'application/json';
const from = (origin: string) => ({ headers: { 'content-type': json, origin } });
const ask = (url: string, path: string, headers: Record<string, string>) =>
  fetch(url + path, { method: 'OPTIONS', headers });
const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

describe.each([
  { path: 'the fast path', fastPath: true },
  { path: 'Node’s server', fastPath: false },
])('pages of other origins, on $path', ({ fastPath }) => {
  test('may read answers and streams of a route that names their origin', async () => {
    const url = await gateway(fastPath);
    for (const stream of [false, true]) {
      const answer = await chat(url, { stream }, from(app));
      expect(await answer.text()).toContain(stream ? '[DONE]' : '{}');
      expect(allowed(answer)).toBe(app);
      expect(answer.headers.get('vary')).toContain('origin');
      expect(answer.headers.get('access-control-expose-headers')).toContain('x-signalbox-revision');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  test.each([
    { name: 'any origin on a route that allows all', model: 'open', origin: 'https://else.example', want: '*' },
    { name: 'no other origin on a route that names one', model: 'chat', origin: 'https://else.example', want: null },
    { name: 'none on a route that says nothing, though another would', model: 'shut', origin: app, want: null },
    { name: 'not the null origin', model: 'chat', origin: 'null', want: null },
  ])('may read, in short: $name', async ({ model, origin, want }) => {
    const answer = await chat(await gateway(fastPath), { model }, from(origin));
    await answer.text();
    expect(answer.status).toBe(200);
    expect(allowed(answer)).toBe(want);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('may read why their request failed', async () => {
    const url = await gateway(fastPath);
    const failed = await chat(url, { user: 'fail' }, from(app));
    expect([failed.status, allowed(failed)]).toEqual([500, app]);
    const unknown = await chat(url, { model: 'nobody' }, from(app));
    expect(allowed(unknown)).not.toBeNull();
    const broken = await fetch(`${url}/v1/chat/completions`, { method: 'POST', ...from(app), body: '{' });
    expect([broken.status, allowed(broken)]).toEqual([400, app]);
    const list = await fetch(`${url}/v1/models`, from(app));
    expect(allowed(list)).toBe(app);
    const one = await fetch(`${url}/v1/models/shut`, from(app));
    expect(allowed(one)).toBeNull();
  });

  test('are told before they send', async () => {
    const url = await gateway(fastPath);
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-odd' };
    const yes = await ask(url, '/v1/chat/completions', { origin: app, ...asked });
    expect([yes.status, await yes.text()]).toEqual([204, '']);
    expect(Object.fromEntries(yes.headers)).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '600',
      'x-request-id': expect.any(String),
    });
    const get = await ask(url, '/v1/chat/completions', { origin: app, 'access-control-request-method': 'GET' });
    expect(get.status).toBe(405);
    const nowhere = await ask(url, '/v1/load_lora_adapter', { origin: app, ...asked });
    expect(nowhere.status).toBe(404);
    const ofRoute = await ask(url, '/v2/models/shut/infer', { origin: app, ...asked });
    expect(ofRoute.status).toBe(405);
  });

  test('may bring cookies where the route goes by one', async () => {
    const url = await gateway(fastPath, { sticky: { by: 'cookie', name: 'ab' } });
    const answer = await chat(url, {}, from(app));
    await answer.text();
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  });

  test('are what this is about: who names no origin is told nothing', async () => {
    const answer = await chat(await gateway(fastPath));
    await answer.text();
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control') || name === 'vary')).toEqual(
      [],
    );
  });
});

test('without configuration nothing is said to pages either', async () => {
  const engine = await serve((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': json }).end('{}'));
  });
  stops.push(() => engine.close());
  const both = await startBoth(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })])]));
  stops.push(() => both.stop());
  const answer = await chat(both.url, {}, from(app));
  await answer.text();
  expect([allowed(answer), answer.headers.get('vary')]).toEqual([null, null]);
  const asked = await ask(both.url, '/v1/chat/completions', { origin: app, 'access-control-request-method': 'POST' });
  expect([asked.status, allowed(asked)]).toEqual([405, null]);
});
