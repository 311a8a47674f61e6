import { afterEach, describe, expect, test } from '@jest/globals';
import type { SnapshotRoute } from '@signalbox/domain';
import { backendOf, chat, keyOf, routeOf, serve, snapshotOf, startBoth } from '../gateway.fixture.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const keys = [...Array.from({ length: 12 }, (_, at) => keyOf(`key-${at}`)), keyOf('release', { mayPin: true })];

/** Two revisions with half of the traffic each, and a warm one with none. */
async function gateway(fastPath: boolean, change: Partial<SnapshotRoute> = {}) {
  const engine = await serve((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  stops.push(() => engine.close());
  const at = [engine.url];
  const backends = [
    backendOf({ revisionId: 'one', at }),
    backendOf({ revisionId: 'two', revision: 2, version: 'v2', at }),
    backendOf({ revisionId: 'warm', revision: 3, version: 'v3', at }),
  ];
  const split = [
    { revisionId: 'one', weight: 5_000 },
    { revisionId: 'two', weight: 5_000 },
  ];
  const both = await startBoth(snapshotOf([routeOf(backends, { split, ...change })], { keys }), { fastPath });
  stops.push(() => both.stop());
  return async (headers: Record<string, string>) => {
    const answer = await chat(both.url, {}, { headers: { 'content-type': 'application/json', ...headers } });
    const text = await answer.text();
    const error = answer.status < 400 ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code;
    return {
      status: answer.status,
      error,
      revision: answer.headers.get('x-signalbox-revision'),
      cookie: answer.headers.get('set-cookie'),
    };
  };
}
type Sent = Awaited<ReturnType<typeof gateway>>;

/** The revisions that each caller met in five requests, one text for each caller. */
async function revisionsMet(send: Sent, callers: readonly Record<string, string>[]): Promise<string[]> {
  return Promise.all(
    callers.map(async (headers) => {
      const met = await Promise.all(Array.from({ length: 5 }, () => send(headers)));
      return [...new Set(met.map(({ revision }) => revision))].sort().join(' ');
    }),
  );
}

const key = (id: string) => ({ authorization: `Bearer ${id}` });
const twelve = Array.from({ length: 12 }, (_, at) => at);

describe.each([
  { path: 'the fast path', fastPath: true },
  { path: 'Node’s server', fastPath: false },
])('a caller of a split route, on $path', ({ fastPath }) => {
  test.each<{
    name: string;
    sticky: NonNullable<SnapshotRoute['sticky']>;
    caller: (at: number) => Record<string, string>;
  }>([
    { name: 'by its key', sticky: { by: 'key' }, caller: (at) => key(`key-${at}`) },
    { name: 'by a header', sticky: { by: 'header', name: 'x-user' }, caller: (at) => ({ 'X-User': `user-${at}` }) },
    {
      name: 'by a cookie among others',
      sticky: { by: 'cookie', name: 'ab' },
      caller: (at) => ({ cookie: `a=1; ab=user-${at}; xab=2` }),
    },
  ])('stays on its revision $name, and callers are on both', async ({ sticky, caller }) => {
    const met = await revisionsMet(await gateway(fastPath, { sticky }), twelve.map(caller));
    expect(new Set(met)).toEqual(new Set(['chat/1', 'chat/2']));
  });

  test('meets both revisions where nobody is kept', async () => {
    expect(await revisionsMet(await gateway(fastPath), [key('key-0')])).toEqual(['chat/1 chat/2']);
  });

  test('meets both where it does not say who it is', async () => {
    const send = await gateway(fastPath, { sticky: { by: 'header', name: 'x-user' } });
    expect(await revisionsMet(send, [{ 'x-other': 'user-1' }])).toEqual(['chat/1 chat/2']);
  });

  test('is given a cookie when it brings none, and stays from its first request on', async () => {
    const send = await gateway(fastPath, { sticky: { by: 'cookie', name: 'ab' } });
    const firsts = await Promise.all(twelve.map(() => send({})));
    expect(new Set(firsts.map(({ revision }) => revision))).toEqual(new Set(['chat/1', 'chat/2']));
    for (const { cookie, revision } of firsts) {
      expect(cookie).toMatch(/^ab=[0-9a-f-]{36}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
      const again = await send({ cookie: cookie?.split(';')[0] ?? '' });
      expect(again).toMatchObject({ revision, cookie: null });
    }
  });

  test('is given one that its browser sends to another site, where it comes from one', async () => {
    const cors = { origins: ['https://app.example.com'], headers: [], maxAgeSeconds: 600 };
    const send = await gateway(fastPath, { sticky: { by: 'cookie', name: 'ab' }, cors });
    expect((await send({ origin: 'https://app.example.com' })).cookie).toMatch(/; SameSite=None; Secure$/);
  });

  test.each([
    { name: 'a revision by its number', headers: { 'x-signalbox-revision': '3' }, want: 'chat/3' },
    { name: 'a revision as answers name it', headers: { 'X-Signalbox-Revision': 'chat/1' }, want: 'chat/1' },
    { name: 'a model version', headers: { 'x-signalbox-model-version': 'v3' }, want: 'chat/3' },
  ])('may choose $name where its key may, whatever the split says', async ({ headers, want }) => {
    const met = await revisionsMet(await gateway(fastPath), [{ ...headers, ...key('release') }]);
    expect(met).toEqual([want]);
  });

  test.each([
    { name: 'with a key that may not', caller: key('key-0'), want: [403, 'permission_denied'] },
    { name: 'without a key', caller: {}, want: [403, 'permission_denied'] },
    { name: 'that is not there', caller: key('release'), pin: '9', want: [404, 'revision_not_found'] },
  ])('gets no revision $name', async ({ caller, pin = '2', want }) => {
    const send = await gateway(fastPath);
    const { status, error } = await send({ ...caller, 'x-signalbox-revision': pin });
    expect([status, error]).toEqual(want);
  });
});
