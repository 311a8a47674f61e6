import { describe, expect, test } from '@jest/globals';
import type { RoutingDecision } from '@signalbox/domain';
import { RouteGate } from '../admission/route-gate.ts';
import { Deadlines } from '../deadlines.ts';
import { backendOf, routeOf } from '../gateway.fixture.ts';
import { freshHealth } from '../health/replica-health.ts';
import { Counters } from '../observe/counters.ts';
import { Outbox } from '../outbox.ts';
import { ReplicaConnections } from '../upstream/replica-connections.ts';
import { anyRequest, type PickRequest } from './candidates.ts';
import { Decisions } from './decisions.ts';
import { hashText } from './hash.ts';
import { largestShare, type PickOptions, Router } from './pick.ts';
import { PrefixIndex } from './prefix-index.ts';
import { blockSeed, PromptHasher } from './prompt-blocks.ts';
import { Replica } from './replica.ts';
import type { Route } from './routing-table.ts';
import { scorerNames, weightsOf } from './scoring.ts';

interface Given {
  revision: string;
  weight: number;
  limit?: number;
  context?: number;
  replicas: {
    name: string;
    state?: Replica['state'];
    admitted?: boolean;
    ejected?: boolean;
    inFlight?: number;
    slot?: number;
  }[];
}

/** No pick opens a connection. */
const now = (): number => 0;
const connections = new ReplicaConnections({
  address: '127.0.0.1:1',
  now,
  deadlines: new Deadlines({ everyMs: 1_000, now }),
  outbox: new Outbox(),
});

function routeWith(...given: Given[]): Route {
  const counters = new Counters();
  const backends = given.map(({ revision, weight, limit, context, replicas }) => ({
    facts: backendOf({
      revisionId: revision,
      at: [],
      maxInFlightPerReplica: limit ?? null,
      maxContextTokens: context ?? null,
    }),
    name: revision,
    naming: undefined,
    revisionId: revision,
    weight,
    turns: { next: 0 },
    model: blockSeed('tiny'),
    observer: counters.revision('route', revision),
    replicas: replicas.map(({ name, state = 'serving', admitted = true, ejected = false, inFlight = 0, slot }) => {
      const replica = new Replica(
        { id: name, address: '127.0.0.1:1', state },
        backendOf({ revisionId: revision, at: [] }),
        connections,
      );
      const ejection = ejected ? ({ because: 'answers', at: 0, until: 1 } as const) : null;
      replica.health = { ...freshHealth, admitted, ejection };
      replica.inFlight = inFlight;
      replica.slot = slot;
      return replica;
    }),
  }));
  const scorerWeights = weightsOf(undefined);
  return {
    facts: routeOf([]),
    backends,
    scorerWeights,
    tickets: { next: 0 },
    observer: counters.route('route'),
    gate: new RouteGate('default'),
  };
}

const aRouter = (decisions = new Decisions(scorerNames)) =>
  new Router({ index: new PrefixIndex({ blocks: 1_000 }), decisions, now: () => 0 });
const pick = (route: Route, options?: PickOptions) => aRouter().pick(route, anyRequest, options);
const asking = (change: Partial<PickRequest>): PickRequest => ({ ...anyRequest, ...change });

function picks(route: Route, times: number, request = anyRequest): string[] {
  const router = aRouter();
  return Array.from({ length: times }, () => router.pick(route, request)?.replica.id ?? 'none');
}

describe('picking a replica', () => {
  test.each<{ name: string; given: Given[]; want: string[] }>([
    {
      name: 'the one with the least outstanding work',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          replicas: [
            { name: 'busy', inFlight: 3 },
            { name: 'idle', inFlight: 1 },
          ],
        },
      ],
      want: ['idle', 'idle'],
    },
    {
      name: 'equals in turn',
      given: [{ revision: 'a', weight: 10_000, replicas: [{ name: 'one' }, { name: 'two' }, { name: 'three' }] }],
      want: ['one', 'two', 'three', 'one'],
    },
    {
      name: 'not the draining, the admitting, the unreached, the ejected',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          replicas: [
            { name: 'draining', state: 'draining' },
            { name: 'admitting', state: 'admitting' },
            { name: 'unreached', admitted: false },
            { name: 'ejected', ejected: true },
            { name: 'good', inFlight: 9 },
          ],
        },
      ],
      want: ['good', 'good'],
    },
    {
      name: 'one below its limit before an idler one that is full',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          limit: 4,
          replicas: [
            { name: 'full', inFlight: 4 },
            { name: 'other', inFlight: 3 },
          ],
        },
      ],
      want: ['other'],
    },
    {
      name: 'a full one when all are full',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          limit: 1,
          replicas: [
            { name: 'full', inFlight: 4 },
            { name: 'fuller', inFlight: 5 },
          ],
        },
      ],
      want: ['full'],
    },
    {
      name: 'an ejected one when all are ejected',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          replicas: [
            { name: 'x', ejected: true },
            { name: 'y', state: 'draining' },
          ],
        },
      ],
      want: ['x'],
    },
    {
      name: 'another weighted revision when the chosen one is ejected',
      given: [
        { revision: 'a', weight: 9_999, replicas: [{ name: 'a-1', ejected: true }] },
        { revision: 'b', weight: 1, replicas: [{ name: 'b-1' }] },
      ],
      want: ['b-1', 'b-1', 'b-1'],
    },
    {
      name: 'never a revision without weight',
      given: [
        { revision: 'a', weight: 10_000, replicas: [] },
        { revision: 'warm', weight: 0, replicas: [{ name: 'warm-1' }] },
      ],
      want: ['none'],
    },
  ])('$name', ({ given, want }) => {
    expect(picks(routeWith(...given), want.length)).toEqual(want);
  });

  test('a second try goes to the stable revision and never to a replica that failed', () => {
    const route = routeWith(
      { revision: 'stable', weight: 9_000, replicas: [{ name: 's-1', inFlight: 50 }] },
      { revision: 'canary', weight: 1_000, replicas: [{ name: 'c-1' }, { name: 'c-2' }] },
    );
    const [stable, canary] = [largestShare(route), route.backends[1]];
    const failed = canary?.replicas[0];
    if (failed === undefined) throw new Error('the canary has no replica');
    expect(pick(route, { tried: [failed], prefer: stable })?.replica.id).toBe('s-1');
    const last = stable?.replicas[0];
    if (last === undefined) throw new Error('the stable revision has no replica');
    expect(pick(route, { tried: [last], prefer: stable })?.backend.revisionId).toBe('canary');
    expect(pick(route, { tried: route.backends.flatMap(({ replicas }) => replicas) })).toBeUndefined();
  });

  test('second tries leave the split alone', () => {
    const route = routeWith({ revision: 'a', weight: 10_000, replicas: [{ name: 'a-1' }, { name: 'a-2' }] });
    const first = pick(route);
    if (first === undefined) throw new Error('nothing was picked');
    pick(route, { tried: [first.replica] });
    expect(route.tickets.next).toBe(1);
  });
});

describe('picking for a prompt', () => {
  const two = (busy = 0) =>
    routeWith({
      revision: 'a',
      weight: 10_000,
      replicas: [
        { name: 'one', slot: 0, inFlight: busy },
        { name: 'two', slot: 1 },
      ],
    });
  const asked = (text: string, bytes = 8_192): PickRequest => {
    const body = Buffer.from(text.repeat(Math.ceil(bytes / text.length))).subarray(0, bytes);
    const blocks = new PromptHasher().hash(body, [0, bytes], blockSeed('project'));
    return asking({ blocks, inputTokens: bytes / 4 });
  };

  test('a prompt goes where its beginning was sent before, and there is little to read', () => {
    const [route, router] = [two(), aRouter()];
    const sent = (text: string, bytes?: number) => {
      const found = router.pick(route, asked(text, bytes));
      return { replica: found?.replica.id, tokens: found?.uncachedTokens };
    };
    expect(sent('x')).toEqual({ replica: 'one', tokens: 2_048 });
    expect(sent('y')).toEqual({ replica: 'two', tokens: 2_048 });
    for (let turn = 0; turn < 3; turn++) expect(sent('x', 8_400)).toEqual({ replica: 'one', tokens: 52 });
    expect(sent('y', 8_192)).toEqual({ replica: 'two', tokens: 0 });
  });

  test('a replica with more to do than the prompt is worth is left', () => {
    const [route, router] = [two(), aRouter()];
    const first = router.pick(route, asked('x'));
    if (first === undefined) throw new Error('nothing was picked');
    // 5 times 2,048 tokens would have to be read elsewhere; a running request counts as 64.
    first.replica.inFlight = 159;
    expect(router.pick(route, asked('x'))?.replica.id).toBe('one');
    first.replica.inFlight = 161;
    expect(router.pick(route, asked('x'))?.replica.id).toBe('two');
  });

  test('a route may weigh otherwise', () => {
    const [route, router] = [two(), aRouter()];
    const careless = { ...route, scorerWeights: weightsOf({ weights: { prefixAffinity: 0, newerThanThis: 3 } }) };
    const first = router.pick(careless, asked('x'));
    if (first === undefined) throw new Error('nothing was picked');
    first.replica.inFlight = 1;
    expect(router.pick(careless, asked('x'))?.replica.id).toBe('two');
  });

  test('a session stays on its replica while that one is not busier', () => {
    const route = routeWith({
      revision: 'a',
      weight: 10_000,
      replicas: ['one', 'two', 'three'].map((name) => ({ name })),
    });
    const request = asking({ inputTokens: 1_000, sessionHash: hashText('session-7') });
    expect(new Set(picks(route, 5, request)).size).toBe(1);
  });

  test('more than 64 replicas serve, those without a slot as well', () => {
    const replicas = Array.from({ length: 100 }, (_, at) => ({ name: `r-${at}`, ...(at < 64 ? { slot: at } : {}) }));
    const route = routeWith({ revision: 'a', weight: 10_000, replicas });
    expect(new Set(picks(route, 100, asking({ inputTokens: 10 }))).size).toBe(100);
  });

  test('a prompt that is too long for one revision goes to the other, and anywhere when it fits nowhere', () => {
    const route = routeWith(
      { revision: 'short', weight: 9_000, context: 4_096, replicas: [{ name: 's-1' }, { name: 's-2', ejected: true }] },
      { revision: 'long', weight: 1_000, context: 32_768, replicas: [{ name: 'l-1' }] },
    );
    expect(new Set(picks(route, 20, asking({ inputTokens: 5_000 })))).toEqual(new Set(['l-1']));
    expect(new Set(picks(route, 20, asking({ inputTokens: 50_000 })))).toEqual(new Set(['s-1', 'l-1']));
  });
});

describe('picking for a caller', () => {
  const split = (canary: number, live = true) =>
    routeWith(
      { revision: 'stable', weight: 10_000 - canary, replicas: [{ name: 's-1' }] },
      { revision: 'canary', weight: canary, replicas: [{ name: 'c-1', ejected: !live }] },
    );
  const callers = Array.from({ length: 2_000 }, (_, at) => hashText(`caller-${at}`));
  const router = aRouter();
  const on = (route: Route, stickyHash: number) => router.pick(route, asking({ stickyHash }))?.backend.revisionId;

  test('who is kept on the canary at 10 % stays there at 25 %', () => {
    const [tenth, quarter] = [split(1_000), split(2_500)];
    const early = callers.filter((caller) => on(tenth, caller) === 'canary');
    expect(Math.abs(early.length - 200)).toBeLessThan(45);
    expect(early.filter((caller) => on(quarter, caller) !== 'canary')).toEqual([]);
  });

  test('while the canary is down its callers are served, and the split of all others counts on', () => {
    const route = split(5_000, false);
    expect(new Set(callers.slice(0, 50).map((caller) => on(route, caller)))).toEqual(new Set(['stable']));
    expect(route.tickets.next).toBe(0);
  });

  test('a pinned caller gets its revision, also without weight, or nothing', () => {
    const route = split(0);
    const request = asking({ pinnedRevisionId: 'canary', stickyHash: 7 });
    expect(router.pick(route, request)?.replica.id).toBe('c-1');
    expect(router.pick(split(0, false), request)?.replica.id).toBe('c-1');
    const tried = route.backends[1]?.replicas ?? [];
    expect(router.pick(route, request, { tried, prefer: largestShare(route) })).toBeUndefined();
    expect(router.pick(route, asking({ pinnedRevisionId: 'gone' }))).toBeUndefined();
    expect(route.tickets.next).toBe(0);
  });
});

describe('explaining a pick', () => {
  test('names candidates and scores of each attempt', () => {
    const decisions = new Decisions(scorerNames);
    const router = aRouter(decisions);
    const route = routeWith({
      revision: 'a',
      weight: 10_000,
      replicas: [{ name: 'down', ejected: true }, { name: 'busy', inFlight: 10 }, { name: 'idle' }],
    });
    const request = asking({ inputTokens: 320 });
    const first = router.pick(route, request, { requestId: 'q-1' });
    router.pick(route, request, { requestId: 'q-2' });
    router.pick(route, request, { requestId: 'q-1', tried: first === undefined ? [] : [first.replica] });
    const [one, two, ...more] = decisions.explain('q-1');
    const scores = ({ scorers }: RoutingDecision, row: readonly number[]) =>
      Object.fromEntries(scorers.map(({ name }, at) => [name, row[at]]));
    expect(one).toMatchObject({ deployment: 'chat', revision: 1, revisionBy: 'split', tier: 0, replicaId: 'idle' });
    expect(one?.scorers).toContainEqual({ name: 'prefixAffinity', weight: 5 });
    expect(one?.candidates.map(({ replicaId, total }) => [replicaId, total])).toEqual([
      ['idle', 4],
      ['busy', 3],
    ]);
    expect(one?.candidates[1]?.uncachedTokens).toBe(320);
    expect(one && scores(one, one.candidates[1]?.scores ?? [])).toEqual({
      outstandingTokens: 0,
      prefixAffinity: 0.5,
      kvUse: 0.5,
      queue: 0.5,
      session: 0,
      adapter: 0,
    });
    expect(one?.filtered).toEqual([{ replicaId: 'down', by: 'notEjected' }]);
    expect(two).toMatchObject({
      replicaId: 'busy',
      candidates: [{ replicaId: 'busy' }],
      filtered: [
        { replicaId: 'down', by: 'notEjected' },
        { replicaId: 'idle', by: 'tried' },
      ],
    });
    expect(more).toEqual([]);
    expect(decisions.explain('q-3')).toEqual([]);
  });

  test('says who did not compete and why, and how far filters were loosened', () => {
    const replicas: Given['replicas'] = [
      { name: 'leaving', state: 'draining' },
      { name: 'new', admitted: false },
      { name: 'bad', ejected: true },
      { name: 'full', inFlight: 2 },
    ];
    const [decisions, request] = [new Decisions(scorerNames), anyRequest];
    const router = aRouter(decisions);
    router.pick(routeWith({ revision: 'a', weight: 10_000, limit: 2, replicas }), request, { requestId: 'full' });
    expect(decisions.explain('full')).toMatchObject([
      {
        tier: 1,
        replicaId: 'full',
        filtered: [
          { replicaId: 'leaving', by: 'serving' },
          { replicaId: 'new', by: 'admitted' },
          { replicaId: 'bad', by: 'notEjected' },
        ],
      },
    ]);
    const free = [...replicas, { name: 'free' }];
    router.pick(routeWith({ revision: 'a', weight: 10_000, limit: 2, replicas: free }), request, { requestId: 'free' });
    expect(decisions.explain('free')[0]).toMatchObject({ tier: 0, replicaId: 'free' });
    expect(decisions.explain('free')[0]?.filtered).toContainEqual({ replicaId: 'full', by: 'belowLimit' });
  });

  test.each<{ name: string; request: PickRequest; isRescue?: boolean; want: string }>([
    { name: 'the split', request: anyRequest, want: 'split' },
    { name: 'who calls', request: asking({ stickyHash: 7 }), want: 'sticky' },
    { name: 'a header', request: asking({ pinnedRevisionId: 'b' }), want: 'pin' },
    { name: 'that another failed', request: anyRequest, isRescue: true, want: 'rescue' },
  ])('says that the revision was chosen by $name', ({ request, isRescue = false, want }) => {
    const decisions = new Decisions(scorerNames);
    const route = routeWith(
      { revision: 'a', weight: 9_000, replicas: [{ name: 'one' }] },
      { revision: 'b', weight: 1_000, replicas: [{ name: 'two' }] },
    );
    const prefer = isRescue ? largestShare(route) : undefined;
    aRouter(decisions).pick(route, request, { requestId: 'q', prefer });
    expect(decisions.explain('q')[0]?.revisionBy).toBe(want);
  });

  test('remembers the last 4,096, and of large fleets as many as fit', () => {
    const decisions = new Decisions(scorerNames);
    const router = aRouter(decisions);
    const small = routeWith({ revision: 'a', weight: 10_000, replicas: [{ name: 'one' }, { name: 'two' }] });
    for (let at = 0; at < 4_100; at++) router.pick(small, anyRequest, { requestId: `q-${at}` });
    expect(decisions.explain('q-3')).toEqual([]);
    expect(decisions.explain('q-4')).toHaveLength(1);
    const replicas = Array.from({ length: 64 }, (_, at) => ({ name: `r-${at}` }));
    const large = routeWith({ revision: 'b', weight: 10_000, replicas });
    for (let at = 0; at < 1_000; at++) router.pick(large, anyRequest, { requestId: `l-${at}` });
    expect(decisions.explain('q-4099')).toEqual([]);
    expect(decisions.explain('l-400')).toEqual([]);
    for (const id of ['l-560', 'l-999']) {
      const [decision] = decisions.explain(id);
      expect(decision?.unlisted).toBe(56);
      expect(decision?.candidates.map(({ total }) => total)).toEqual(new Array(8).fill(6.5));
      expect(decision?.candidates[0]?.replicaId).toBe(decision?.replicaId);
    }
  });
});
