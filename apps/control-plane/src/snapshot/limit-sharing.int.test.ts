import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '@signalbox/db';
import type { GatewayReport, GatewayReportAnswer, Snapshot } from '@signalbox/domain';
import { createMetrics, silentLogger, systemClock } from '@signalbox/runtime';
import { type TestDatabase, testDatabase } from '@signalbox/testkit/postgres';
import { startApi } from '../api.ts';
import { readEnv } from '../env.ts';
import { type ApiCaller, apiCaller } from '../testing/api-caller.ts';
import { openEvents } from '../testing/event-reader.ts';

const adminToken = 'sbx_api_the-admin-of-this-test';
const gatewayToken = 'sbx_api_the-gateways-of-this-test';
const started = Date.UTC(2026, 0, 1);

interface ApiProcess extends ApiCaller {
  url: string;
  stop(): Promise<void>;
}

let stored: TestDatabase;
let one: ApiProcess;
let two: ApiProcess;
/** How far the clocks of both processes were moved on. */
let laterMs: number;

/** All that two API processes have in common is the database. */
async function startProcess(): Promise<ApiProcess> {
  const database: Database = openDatabase({ connectionString: stored.url, applicationName: 'test-api', poolSize: 3 });
  const api = await startApi({
    env: readEnv({
      SIGNALBOX_DATABASE_URL: stored.url,
      SIGNALBOX_PORT: '0',
      SIGNALBOX_BOOTSTRAP_TOKEN: adminToken,
      SIGNALBOX_BOOTSTRAP_GATEWAY_TOKEN: gatewayToken,
    }),
    db: database,
    wake: async () => undefined,
    openCluster: () => {
      throw new Error('nothing here runs on a cluster');
    },
    registry: undefined,
    clock: { ...systemClock, now: () => systemClock.now() + laterMs },
    log: silentLogger,
    metrics: createMetrics({ processMetrics: false }),
  });
  const stop = () => api.stop().then(() => database.close());
  return { ...apiCaller(api.url, adminToken), url: api.url, stop };
}

beforeEach(async () => {
  laterMs = 0;
  stored = await testDatabase();
  [one, two] = [await startProcess(), await startProcess()];
});
afterEach(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await stored.close();
});

/** A gateway that counts seconds of its own. */
function gateway(id: string) {
  let seconds = 0;
  return async (api: ApiProcess, limits: GatewayReport['limits'] | undefined, more: Partial<GatewayReport> = {}) => {
    seconds += 1;
    const report: GatewayReport = {
      gatewayId: id,
      bootId: 'first',
      startedAt: started,
      sentAt: started + seconds * 1_000,
      applied: { epoch: 1, number: 1, hash: '' },
      accepting: true,
      replicas: [],
      revisions: [],
      routes: [],
      ...(limits === undefined ? {} : { limits }),
      ...more,
    };
    const answer = await api.post(`/v1/gateways/${id}/report`, report, { token: gatewayToken });
    return { status: answer.status, body: answer.body as GatewayReportAnswer & string };
  };
}

async function limitOfNewKey(): Promise<string> {
  await one.post('/v1/keys', { name: 'app', limits: [{ of: 'tokens', per: 'minute', amount: 1_000 }] });
  const events = await openEvents(`${two.url}/v1/gateways/beta/snapshots`, gatewayToken);
  try {
    for (;;) {
      const [limit] = ((await events.next()).data as Snapshot).keys[0]?.limits ?? [];
      if (limit !== undefined) return limit.id;
    }
  } finally {
    events.close();
  }
}

describe('a limit that two gateways at two API processes share', () => {
  test('is divided by what each uses, never beyond the whole, and alike by both processes', async () => {
    const limit = await limitOfNewKey();
    const [alpha, beta] = [gateway('alpha'), gateway('beta')];
    let [ofAlpha, ofBeta] = [await alpha(one, []), await beta(two, [])];
    expect([ofAlpha.status, ofAlpha.body]).toEqual([200, { shares: {}, gateways: 1 }]);
    expect(ofBeta.body).toEqual({ shares: {}, gateways: 2 });
    for (let round = 0; round < 60; round += 1) {
      ofAlpha = await alpha(one, [{ id: limit, used: 900 }]);
      ofBeta = await beta(two, [{ id: limit, used: 100 }]);
    }
    const [mine, yours] = [ofAlpha.body.shares[limit] ?? 0, ofBeta.body.shares[limit] ?? 0];
    expect(mine).toBeGreaterThan(2 * yours);
    expect(yours).toBeGreaterThan(0);
    expect(mine + yours).toBeGreaterThan(0.99);
    expect(mine + yours).toBeLessThanOrEqual(1.001);

    // The same over the other process, and again: nothing changed.
    const moved = await alpha(two, [{ id: limit, used: 900 }]);
    expect(moved.body.shares[limit]).toBeCloseTo(mine, 2);
    expect((await beta(one, [{ id: limit, used: 100 }])).body.shares[limit]).toBeCloseTo(yours, 2);
  });

  test('is whole again for the one that is left, when the other one drains or falls silent', async () => {
    const limit = await limitOfNewKey();
    const [alpha, beta] = [gateway('alpha'), gateway('beta')];
    const used = [{ id: limit, used: 10 }];
    await alpha(one, used);
    expect((await beta(two, used)).body.shares[limit]).toBeLessThan(0.9);
    expect((await alpha(one, used)).body.shares[limit]).toBeLessThan(0.9);

    expect((await beta(two, used, { accepting: false })).status).toBe(204);
    expect((await alpha(one, used)).body).toEqual({ shares: { [limit]: 1 }, gateways: 1 });
    expect((await beta(two, used)).body.gateways).toBe(2);

    laterMs += 6_000;
    expect((await alpha(one, used)).body).toEqual({ shares: { [limit]: 1 }, gateways: 1 });
  });

  test('stays as it is when a report is not valid, or comes twice', async () => {
    const limit = await limitOfNewKey();
    const alpha = gateway('alpha');
    const beta = gateway('beta');
    await beta(two, [{ id: limit, used: 10 }]);
    const before = await alpha(one, [{ id: limit, used: 10 }]);
    const refused = await alpha(one, [{ id: limit, used: -1 }]);
    expect(refused.status).toBe(400);
    const repeated = await alpha(one, [{ id: limit, used: 1_000 }], { sentAt: started + 1_000 });
    expect(repeated.body).toEqual(before.body);
  });
});

test('a gateway that knows of no sharing is answered as ever, and takes no part of anybody', async () => {
  const [older, alpha] = [gateway('older'), gateway('alpha')];
  const answer = await older(one, undefined);
  expect([answer.status, answer.body]).toEqual([204, '']);
  const limits = [{ id: 'project/default/tokens/day', used: 5 }];
  expect((await alpha(two, limits)).body).toEqual({ shares: { 'project/default/tokens/day': 1 }, gateways: 1 });
});
