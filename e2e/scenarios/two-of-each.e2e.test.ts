import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ApiProblem } from '@signalbox/client';
import { systemClock } from '@signalbox/runtime';
import { runSql } from '@signalbox/testkit/postgres';
import {
  canary,
  chat,
  countsByVersion,
  type Deployed,
  deployed,
  foundation,
  type Installation,
  type Load,
  startInstallation,
  startLoad,
  until,
} from '../installation/index.ts';

const storyMs = 180_000;
const patient = { withinMs: 90_000 };
const gatewaySilentMs = 5_000;
const half = '{ weight: 50, for: 2s }, { weight: 100 }';

let signalbox: Installation;
let key: string;
const loads: Load[] = [];

beforeAll(async () => {
  signalbox = await startInstallation({ controlPlanes: 2, gateways: 2 });
  await signalbox.apply(foundation);
  key = await signalbox.createKey();
}, 120_000);
afterAll(() => signalbox?.stop(), 60_000);

function at<T>(things: readonly T[], index: number): T {
  const found = things[index];
  if (found === undefined) throw new Error(`the installation has no number ${index + 1} of these`);
  return found;
}

/** One replica of v1 serves, and callers may come. */
async function begin(name: string, steps = half, more: Parameters<typeof chat>[0] = {}): Promise<Deployed> {
  const story = deployed(signalbox.client, name);
  await signalbox.apply(chat({ name, replicas: 1, rollout: canary(steps), ...more }));
  await story.untilServing('v1', 1);
  return story;
}

function callersOf(name: string, gateway: number): Load {
  const load = startLoad({ gatewayUrl: at(signalbox.gatewayUrls, gateway), key, model: name, perSecond: 10 });
  loads.push(load);
  return load;
}

async function noneFailed(): Promise<void> {
  for (const load of loads) expect((await load.stop()).filter(({ failure }) => failure !== null)).toEqual([]);
}

async function untilAllUpToDate(): Promise<void> {
  await until(
    'both gateways serve by the newest snapshot',
    async () => {
      const { items } = await signalbox.client.listGateways();
      return items.length === 2 && items.every(({ live, upToDate }) => live && upToDate);
    },
    patient,
  );
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof ApiProblem && error.code === 'resource.not_found')) throw error;
}

afterEach(async () => {
  for (const gateway of signalbox.gateways) gateway.signal('SIGCONT');
  await Promise.all(loads.map((load) => load.stop()));
  loads.length = 0;
  const { items } = await signalbox.client.listDeployments({ query: {} });
  for (const { metadata } of items) {
    const { name } = metadata;
    // Takes its route along. One that an earlier test deleted is still listed while it drains.
    await signalbox.client.deleteDeployment({ params: { name }, query: { yes: 'true' } }).catch(unlessMissing);
  }
}, 90_000);

test(
  'a rollback is acknowledged by both gateways, and neither sends anything to the bad version afterwards',
  async () => {
    const story = await begin('returned');
    const callers = [callersOf('returned', 0), callersOf('returned', 1)];
    await signalbox.client.promote({ params: { name: 'returned' }, body: { version: 'v2' } });
    await story.untilServing('v2', 1);
    await untilAllUpToDate();
    const answer = await signalbox.client.rollback({ params: { name: 'returned' } });
    const answeredAt = systemClock.now();
    expect(answer).toMatchObject({ kind: 'moved', to: { version: 'v1' }, acknowledgedMs: expect.any(Number) });
    expect(answer.gateways.map(({ id }) => id).sort()).toEqual(['gateway-1', 'gateway-2']);
    for (const { acknowledgedMs } of answer.gateways) expect(acknowledgedMs).toEqual(expect.any(Number));
    for (const load of callers) {
      await load.untilMore(15);
      const after = load.outcomes.filter(({ sentAt }) => sentAt >= answeredAt);
      expect(countsByVersion(after)).toEqual({ v1: expect.any(Number) });
    }
    await noneFailed();
  },
  storyMs,
);

test(
  'a gateway that hangs is named as not answering, and converges when it goes on',
  async () => {
    const story = await begin('unheard');
    const callers = callersOf('unheard', 0);
    await signalbox.client.promote({ params: { name: 'unheard' }, body: { version: 'v2' } });
    await story.untilServing('v2', 1);
    await untilAllUpToDate();
    at(signalbox.gateways, 1).signal('SIGSTOP');
    const answer = await signalbox.client.rollback({ params: { name: 'unheard' }, body: { waitMs: 1_500 } });
    expect(answer).toMatchObject({ kind: 'moved', to: { version: 'v1' }, acknowledgedMs: null });
    expect(Object.fromEntries(answer.gateways.map(({ id, acknowledgedMs }) => [id, acknowledgedMs]))).toEqual({
      'gateway-1': expect.any(Number),
      'gateway-2': null,
    });
    const answeredAt = systemClock.now();
    await callers.untilMore(10);
    const after = callers.outcomes.filter(({ sentAt }) => sentAt >= answeredAt);
    expect(countsByVersion(after)).toEqual({ v1: expect.any(Number) });

    at(signalbox.gateways, 1).signal('SIGCONT');
    await untilAllUpToDate();
    const others = callersOf('unheard', 1);
    await others.untilMore(10);
    expect(countsByVersion(others.outcomes)).toEqual({ v1: expect.any(Number) });
    await noneFailed();
  },
  storyMs,
);

test(
  'a new replica waits for a gateway that hangs, but no longer than that gateway counts as live',
  async () => {
    // It loads for long enough that the gateway hangs before it could admit the replica.
    const story = await begin('grown', half, { scaling: 'min: 1, max: 2', args: 'sim-load-ms: 1500' });
    const callers = callersOf('grown', 0);
    const [first] = await story.serving('v1');
    await untilAllUpToDate();
    await signalbox.client.scale({ params: { name: 'grown' }, body: { replicas: 2 } });
    const added = await until('a replica is added', async () =>
      (await story.replicas()).find(({ id }) => id !== first?.id),
    );
    expect(added.traffic).toBe('none');
    at(signalbox.gateways, 1).signal('SIGSTOP');
    const serving = await until(
      'the new replica serves without the silent gateway',
      async () => (await story.serving('v1')).find(({ id }) => id === added.id),
      patient,
    );
    const { items } = await signalbox.client.listGateways();
    const silent = items.find(({ id }) => id === 'gateway-2');
    expect(silent?.live).toBe(false);
    const heardAt = Date.parse(silent?.lastSeenAt ?? '');
    const servesSince = Date.parse(serving.trafficSince);
    expect(servesSince).toBeGreaterThan(heardAt + gatewaySilentMs);
    await callers.untilMore(1, ({ replica }) => replica === added.id);
    const early = callers.outcomes.filter(({ endedAt, replica }) => endedAt < servesSince && replica === added.id);
    expect(early).toEqual([]);

    // The gateway that was away learns of the replica when it goes on.
    at(signalbox.gateways, 1).signal('SIGCONT');
    await untilAllUpToDate();
    await callersOf('grown', 1).untilMore(1, ({ replica }) => replica === added.id);
    await noneFailed();
  },
  storyMs,
);

test.each([
  { dead: 0, alive: 1 },
  { dead: 1, alive: 0 },
])(
  'killing control plane $dead leaves the other to finish the rollout',
  async ({ dead, alive }) => {
    const name = `orphaned-${dead}`;
    const onSurvivor = deployed(at(signalbox.clients, alive), name);
    await begin(name);
    const callers = callersOf(name, alive);
    const cutOff = callersOf(name, dead);
    await signalbox.client.promote({ params: { name }, body: { version: 'v2' } });
    await onSurvivor.untilRollout('half of the traffic moved', ({ percent }) => percent === 50);
    const part = at(signalbox.controlPlanes, dead);
    await part.kill('SIGKILL');
    await onSurvivor.untilServing('v2', 1);
    // The gateway whose control plane died goes on by what it knew, and the former revision stays warm for it.
    await cutOff.untilMore(10);

    part.start();
    await signalbox.untilReady(part);
    await untilAllUpToDate();
    const since = systemClock.now();
    for (const load of [callers, cutOff]) {
      await load.untilMore(10);
      const after = load.outcomes.filter(({ sentAt }) => sentAt >= since);
      expect(countsByVersion(after)).toEqual({ v2: expect.any(Number) });
    }
    await noneFailed();
  },
  storyMs,
);

/**
 * Everything that is queued, running or remembered; only the schema's own version stays. The queue locks its tables in
 * an order of its own: whoever waits here gives way before Postgres sees a deadlock, and tries again.
 */
const emptyQueue = `
do $$ begin
  set local lock_timeout = '100ms';
  loop
    begin
      execute (
        select 'truncate ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
        from pg_tables where schemaname = 'signalbox_jobs' and tablename <> 'migration'
      );
      exit;
    exception when lock_not_available or deadlock_detected then
      perform pg_sleep(0.01);
    end;
  end loop;
end $$`;

test(
  'a queue that loses everything mid-rollout costs time, not the rollout',
  async () => {
    const story = await begin('forgotten');
    const callers = callersOf('forgotten', 0);
    await signalbox.client.promote({ params: { name: 'forgotten' }, body: { version: 'v2' } });
    await story.untilRollout('replicas come up', ({ phase }) => phase === 'provisioning');
    await runSql(signalbox.databaseUrl, emptyQueue);
    await story.untilRollout('half of the traffic moved', ({ percent }) => percent === 50);
    await runSql(signalbox.databaseUrl, emptyQueue);
    await story.untilServing('v2', 1);
    await callers.untilMore(5);
    await noneFailed();
  },
  storyMs,
);
