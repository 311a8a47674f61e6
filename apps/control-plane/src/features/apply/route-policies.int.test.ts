import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { repositories, snapshotInputs } from '@signalbox/db';
import { manifests, startTestApi, type TestApi } from '../../testing/index.ts';

const { everything, set, version } = manifests;
let api: TestApi;

beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

const snapshotNumber = async () => (await repositories(api.database).snapshotState.current()).number;
const project = (limits: string) => `
apiVersion: signalbox.dev/v1
kind: Project
metadata: { name: default }
spec: { description: Everything that names no project, limits: ${limits} }
`;
const route = (more: string) => `
apiVersion: signalbox.dev/v1
kind: Route
metadata: { name: chat }
spec:
  deployment: chat
${more}`;

const policies = `
  limits: [{ of: tokens, per: minute, amount: 1000 }, { of: concurrency, amount: 4 }]
  queue: { maxRequests: 10, maxBytes: 1Mi, maxWait: 5s }
  routing: { weights: { prefixAffinity: 2 } }
  sticky: { by: cookie, name: Session }
  shadow: { version: v2, percent: 5 }
  cors: { origins: ["*"] }
  capture: { percent: 1 }
  maxBodySize: 1Mi
`;

describe('what a route says of its traffic', () => {
  test('is kept, shown as it was written, and reaches the next snapshot', async () => {
    await api.apply(set(everything, version('v2')));
    const before = await snapshotNumber();
    const { body, changes } = await api.apply(route(policies));
    expect(changes).toEqual(['Route chat updated']);
    expect(body.changes[0].fields.map(({ path }: { path: string }) => path)).toEqual([
      'spec.capture',
      'spec.cors',
      'spec.limits',
      'spec.maxBodySize',
      'spec.queue',
      'spec.routing',
      'spec.shadow',
      'spec.sticky',
    ]);
    expect(await snapshotNumber()).toBe(before + 1);
    expect((await api.get('/v1/routes/chat')).body.spec).toMatchObject({
      limits: [
        { of: 'tokens', per: 'minute', amount: 1_000 },
        { of: 'concurrency', amount: 4 },
      ],
      queue: { maxRequests: 10, maxBytes: '1Mi', maxWait: '5s' },
      sticky: { by: 'cookie', name: 'Session' },
      shadow: { version: 'v2', percent: 5 },
    });
    expect((await snapshotInputs(api.database)).routes[0]?.spec).toMatchObject({ maxBodyBytes: 2 ** 20 });
    expect((await api.apply(route(policies))).changes).toEqual(['Route chat unchanged']);
    expect((await api.apply(route(''))).changes).toEqual(['Route chat updated']);
    expect((await api.get('/v1/routes/chat')).body.spec).not.toHaveProperty('limits');
  });

  test('is refused as a whole, with its place, when a part of it cannot be', async () => {
    await api.apply(everything);
    const before = await snapshotNumber();
    const { status, body } = await api.apply(route(policies.replace('amount: 4', 'amount: 0')));
    expect([status, body.code]).toEqual([422, 'manifest.invalid']);
    expect(body.problems).toMatchObject([{ path: 'spec.limits[1].amount', line: 8, file: 'test.yaml' }]);
    expect(await snapshotNumber()).toBe(before);
  });

  test('cannot name a version to shadow that its model does not have', async () => {
    await api.apply(everything);
    await api.apply(version('v2'));
    const { status, body } = await api.apply(route('  shadow: { version: v3, percent: 5 }'));
    expect(status).toBe(422);
    const message = expect.stringContaining('there is no version v3 of model tiny');
    expect(body.problems).toMatchObject([{ path: 'spec.shadow.version', message, allowed: ['v1', 'v2'] }]);
    expect((await api.get('/v1/routes/chat')).body.spec).not.toHaveProperty('shadow');
  });
});

describe('limits of a project', () => {
  test('reach gateways, and other changes of the project do not trouble them', async () => {
    const before = await snapshotNumber();
    await api.apply(project('[{ of: requests, per: day, amount: 5 }]'));
    expect(await snapshotNumber()).toBe(before + 1);
    const limits = [{ of: 'requests', per: 'day', amount: 5 }];
    expect((await snapshotInputs(api.database)).projectLimits).toEqual([{ project: 'default', limits }]);
    await api.apply(project('[{ of: requests, per: day, amount: 5 }]').replace('Everything', 'All'));
    expect(await snapshotNumber()).toBe(before + 1);
    await api.apply(project('[]'));
    expect(await snapshotNumber()).toBe(before + 2);
    expect((await snapshotInputs(api.database)).projectLimits).toEqual([]);
  });

  test('are for admins to set', async () => {
    const token = await api.tokenFor('operator');
    const sources = [{ file: 'a.yaml', text: project('[{ of: requests, per: day, amount: 5 }]') }];
    expect((await api.post('/v1/apply', { source: 'test', sources }, { token })).status).toBe(403);
    expect((await snapshotInputs(api.database)).projectLimits).toEqual([]);
  });
});
