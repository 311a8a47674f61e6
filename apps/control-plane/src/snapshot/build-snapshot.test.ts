import { describe, expect, test } from '@jest/globals';
import { snapshotSchema } from '@signalbox/contracts';
import type { SnapshotInputs } from '@signalbox/db';
import type { LimitSpec, RouteSpec } from '@signalbox/domain';
import { buildSnapshot } from './build-snapshot.ts';

type Input<Name extends 'routes' | 'revisions' | 'keys'> = SnapshotInputs[Name][number];

const plainSpec: RouteSpec = {
  model: 'chat',
  deployment: 'chat',
  access: 'keys',
  timeouts: { firstByteMs: 60_000, betweenBytesMs: 60_000, totalMs: 600_000 },
};

const tokens = (amount: number): LimitSpec => ({ of: 'tokens', per: 'minute', amount });
const atOnce = (amount: number): LimitSpec => ({ of: 'concurrency', per: null, amount });

function aRoute(spec: Partial<RouteSpec> = {}): Input<'routes'> {
  const row = { id: 'route-1', project: 'default', model: 'chat', deploymentId: 'dep-1', deployment: 'chat' };
  return { ...row, spec: { ...plainSpec, ...spec } } as unknown as Input<'routes'>;
}

function aRevision(number: number, version: string, more: Partial<Input<'revisions'>> = {}): Input<'revisions'> {
  return {
    id: `rev-${number}` as Input<'revisions'>['id'],
    deploymentId: 'dep-1' as Input<'revisions'>['deploymentId'],
    deployment: 'chat',
    number,
    role: 'stable',
    model: 'tiny',
    version,
    versionDigest: 'sha256:1',
    engine: 'simulated',
    image: 'signalbox/simulated-engine:1',
    quantization: { weights: null, kvCache: null },
    servedModelName: 'tiny',
    healthPath: '/health',
    maxInFlightPerReplica: 256,
    maxContextTokens: null,
    ...more,
  };
}

function aKey(id: string, more: Partial<Input<'keys'>> = {}): Input<'keys'> {
  return {
    id,
    project: 'default',
    hash: 'a'.repeat(64),
    routes: ['*'],
    expiresAt: null,
    limits: [],
    priority: 'standard',
    weight: 1,
    mayPin: false,
    ...more,
  } as Input<'keys'>;
}

function inputs(more: Partial<SnapshotInputs> = {}): SnapshotInputs {
  const revisions = [aRevision(1, 'v1'), aRevision(2, 'v2')];
  const deploymentId = 'dep-1' as Input<'revisions'>['deploymentId'];
  const [first, second] = revisions.map(({ id }) => id);
  if (first === undefined || second === undefined) throw new Error('there are two');
  return {
    state: { epoch: 1, number: 7 },
    routes: [aRoute()],
    splits: [{ deploymentId, split: [{ revisionId: first, weight: 10_000 }] }],
    revisions,
    replicas: [],
    keys: [aKey('key-1')],
    projectLimits: [],
    ...more,
  };
}

const routeFor = (spec: Partial<RouteSpec>, more: Partial<SnapshotInputs> = {}) =>
  buildSnapshot(inputs({ routes: [aRoute(spec)], ...more })).routes[0];

describe('an installation that uses nothing new', () => {
  test('has the snapshot, to the hash, that it had before there was anything new', () => {
    const snapshot = buildSnapshot(inputs());
    expect(snapshot.hash).toBe('8f7a8907111ba53863366ad6503e87dfc64d1299fb75febf63c182a15256cdf0');
    const [key] = snapshot.keys;
    expect(Object.keys(key ?? {})).toEqual(['id', 'project', 'hash', 'routes', 'expiresAt']);
    expect(snapshotSchema.parse(snapshot)).toEqual(snapshot);
  });
});

describe('limits in the snapshot', () => {
  test('of a project are one bucket for all of its keys, and for those of no other project', () => {
    const keys = [
      aKey('key-1'),
      aKey('key-2', { limits: [tokens(5), atOnce(2)] }),
      aKey('key-3', { project: 'support' }),
    ];
    const projectLimits = [{ project: 'default', limits: [tokens(100)] }];
    const built = buildSnapshot(inputs({ keys, projectLimits })).keys;
    const shared = { id: 'project/default/tokens/minute', ...tokens(100) };
    expect(built.map(({ limits }) => limits)).toEqual([
      [shared],
      [shared, { id: 'key/key-2/tokens/minute', ...tokens(5) }, { id: 'key/key-2/concurrency', ...atOnce(2) }],
      undefined,
    ]);
  });

  test('of a route are its own, and keep their bucket when only the amount changes', () => {
    expect(routeFor({ limits: [tokens(5)] })?.limits).toEqual([{ id: 'route/route-1/tokens/minute', ...tokens(5) }]);
    expect(routeFor({ limits: [tokens(9)] })?.limits).toEqual([{ id: 'route/route-1/tokens/minute', ...tokens(9) }]);
  });
});

test('priority, weight and pinning of a key are in the snapshot where they are not as usual', () => {
  const keys = [aKey('key-1', { priority: 'critical', weight: 2, mayPin: true })];
  expect(buildSnapshot(inputs({ keys })).keys[0]).toMatchObject({ priority: 'critical', weight: 2, mayPin: true });
});

test('what a route says of its traffic is in the snapshot as gateways read it', () => {
  const policies = {
    queue: { maxRequests: 10, maxBytes: 1_000, maxWaitMs: 5_000 },
    routing: { weights: { prefixAffinity: 2 } },
    sticky: { by: 'header', name: 'x-session-id' } as const,
    cors: { origins: ['*'], headers: [], maxAgeSeconds: 60 },
    capture: { basisPoints: 25, redact: ['[0-9]+'] },
    maxBodyBytes: 4_096,
  };
  const snapshot = buildSnapshot(inputs({ routes: [aRoute(policies)] }));
  expect(snapshot.routes[0]).toMatchObject(policies);
  expect(snapshotSchema.parse(snapshot)).toEqual(snapshot);
});

test('the context of an engine is in the snapshot where it is known', () => {
  const revisions = [aRevision(1, 'v1', { maxContextTokens: 4_096 }), aRevision(2, 'v2')];
  const backends = buildSnapshot(inputs({ revisions })).routes[0]?.backends;
  expect(backends?.map((it) => 'maxContextTokens' in it && it.maxContextTokens)).toEqual([4_096, false]);
});

describe('a shadow', () => {
  const shadow = (version: string) => ({ shadow: { version, basisPoints: 500 } });

  test('goes to the newest revision of its version', () => {
    const revisions = [aRevision(1, 'v1'), aRevision(3, 'v2'), aRevision(2, 'v2')];
    expect(routeFor(shadow('v2'), { revisions })?.shadow).toEqual({ revisionId: 'rev-3', basisPoints: 500 });
  });

  test('carries its bound', () => {
    const bounded = { shadow: { ...shadow('v2').shadow, maxConcurrent: 3 } };
    expect(routeFor(bounded, { revisions: [aRevision(1, 'v1'), aRevision(3, 'v2')] })?.shadow).toMatchObject({
      maxConcurrent: 3,
    });
  });

  test('is left out while no revision of its version could answer', () => {
    expect(routeFor(shadow('v9'))).not.toHaveProperty('shadow');
  });

  test('is left out when its version has all of the traffic', () => {
    expect(routeFor(shadow('v1'))).not.toHaveProperty('shadow');
  });

  test('never leads to a revision of another deployment', () => {
    const foreign = aRevision(4, 'v4', { deploymentId: 'dep-2' as Input<'revisions'>['deploymentId'] });
    expect(routeFor(shadow('v4'), { revisions: [aRevision(1, 'v1'), foreign] })).not.toHaveProperty('shadow');
  });
});
