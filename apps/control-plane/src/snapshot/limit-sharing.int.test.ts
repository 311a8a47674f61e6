import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, openDatabase, repositories } from '@signalbox/db';
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

interface Use {
  held: number;
  wanted: number;
}

/** A gateway that counts seconds of its own, and acts on what it is told. */
function gateway(id: string) {
  let seconds = 0;
  let usual = 1;
  const shares = new Map<string, number>();
  const shareOf = (limit: string) => shares.get(limit) ?? usual;
  const report = async (
    api: ApiProcess,
    uses: Readonly<Record<string, Use>> | undefined,
    more: Partial<GatewayReport> = {},
  ) => {
    seconds += 1;
    const limits = Object.entries(uses ?? {}).map(([limit, use]) => ({ id: limit, ...use, share: shareOf(limit) }));
    const body: GatewayReport = {
      gatewayId: id,
      bootId: 'first',
      startedAt: started,
      sentAt: started + seconds * 1_000,
      applied: { epoch: 1, number: 1, hash: '' },
      accepting: true,
      replicas: [],
      revisions: [],
      routes: [],
      ...(uses === undefined ? {} : { limits }),
      ...more,
    };
    const answer = await api.post(`/v1/gateways/${id}/report`, body, { token: gatewayToken });
    if (answer.status === 200) {
      const told = answer.body as GatewayReportAnswer;
      usual = 1 / told.gateways;
      for (const [limit, share] of Object.entries(told.shares)) shares.set(limit, share);
    }
    return answer;
  };
  return { report, shareOf };
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
  const busy = { held: 300, wanted: 90 };
  const quiet = { held: 30, wanted: 10 };

  test('is divided by what each wants, never beyond the whole, and alike by both processes', async () => {
    const limit = await limitOfNewKey();
    const [alpha, beta] = [gateway('alpha'), gateway('beta')];
    expect((await alpha.report(one, {})).body).toEqual({ shares: {}, gateways: 1 });
    expect((await beta.report(two, {})).body).toEqual({ shares: {}, gateways: 2 });
    await alpha.report(one, {});
    for (let round = 0; round < 30; round += 1) {
      await Promise.all([
        alpha.report(round % 2 === 0 ? one : two, { [limit]: busy }),
        beta.report(two, { [limit]: quiet }),
      ]);
      expect(alpha.shareOf(limit) + beta.shareOf(limit)).toBeLessThanOrEqual(1.000001);
    }
    const [mine, yours] = [alpha.shareOf(limit), beta.shareOf(limit)];
    expect(mine).toBeGreaterThan(2 * yours);
    expect(yours).toBeGreaterThan(0.05);
    expect(mine + yours).toBeGreaterThan(0.99);

    // Nothing changes, and so nothing is said, whichever process is asked.
    for (const api of [one, two]) {
      expect((await alpha.report(api, { [limit]: busy })).body.shares[limit] ?? mine).toBeCloseTo(mine, 2);
      expect((await beta.report(api, { [limit]: quiet })).body.shares[limit] ?? yours).toBeCloseTo(yours, 2);
    }
  });

  test('is all for the one that is left, but what was used, when the other one drains or falls silent', async () => {
    const limit = await limitOfNewKey();
    const [alpha, beta] = [gateway('alpha'), gateway('beta')];
    for (let round = 0; round < 5; round += 1) {
      await alpha.report(one, { [limit]: quiet });
      await beta.report(two, { [limit]: busy });
    }
    expect(alpha.shareOf(limit)).toBeLessThan(0.6);
    expect((await beta.report(two, { [limit]: busy }, { accepting: false })).status).toBe(204);
    await alpha.report(one, { [limit]: quiet });
    expect(alpha.shareOf(limit)).toBeCloseTo(0.7, 3);

    await beta.report(two, { [limit]: quiet });
    laterMs += 6_000;
    await alpha.report(one, { [limit]: quiet });
    expect(alpha.shareOf(limit)).toBeCloseTo(0.97, 3);
    laterMs += 60_000;
    await alpha.report(one, { [limit]: quiet });
    expect(alpha.shareOf(limit)).toBe(1);
  });

  test('stays as it is when a report is not valid, or comes twice', async () => {
    const limit = await limitOfNewKey();
    const [alpha, beta] = [gateway('alpha'), gateway('beta')];
    await beta.report(two, { [limit]: quiet });
    await alpha.report(one, { [limit]: quiet });
    const before = await rowsOf(['alpha', 'beta']);
    expect((await alpha.report(one, { [limit]: { held: -1, wanted: 0 } })).status).toBe(400);
    expect(await rowsOf(['alpha', 'beta'])).toEqual(before);
    await alpha.report(one, { [limit]: busy }, { sentAt: started + 1_000 });
    const wanted = (rows: typeof before) => rows.map((row) => row?.limits[limit]?.wanted);
    expect(wanted(await rowsOf(['alpha', 'beta']))).toEqual(wanted(before));
  });
});

test('a gateway that knows of no sharing is answered as ever, and takes no part of anybody', async () => {
  const [older, alpha] = [gateway('older'), gateway('alpha')];
  const answer = await older.report(one, undefined);
  expect([answer.status, answer.body]).toEqual([204, '']);
  expect((await alpha.report(two, {})).body).toEqual({ shares: {}, gateways: 1 });
});

async function rowsOf(ids: readonly string[]) {
  const database = openDatabase({ connectionString: stored.url, applicationName: 'test', poolSize: 1 });
  try {
    const { gateways } = repositories(database);
    return (await gateways.list()).filter(({ id }) => ids.includes(id)).map(({ limitUses }) => limitUses);
  } finally {
    await database.close();
  }
}
