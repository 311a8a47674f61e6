import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '@signalbox/runtime';
import {
  ask,
  chat,
  type Deployed,
  deployed,
  foundation,
  type Installation,
  type Load,
  type Replica,
  startInstallation,
  startLoad,
  until,
} from '../installation/index.ts';

const storyMs = 180_000;
const patient = { withinMs: 90_000 };
const scaling = 'min: 1, max: 3, targetInFlight: 2, scaleUpWindow: 2s, scaleDownWindow: 4s';

let signalbox: Installation;
let key: string;
let story: Deployed;
let load: Load | undefined;
const params = { name: 'chat' };

beforeAll(async () => {
  signalbox = await startInstallation();
  key = await signalbox.createKey();
  story = deployed(signalbox.client, 'chat');
  // A token takes long enough that a few callers a second keep several requests in flight.
  await signalbox.apply(foundation, chat({ scaling, decodeMsPerToken: 20, drainTimeout: '60s' }));
  await story.untilServing('v1', 1);
}, 120_000);
afterAll(() => signalbox?.stop(), 60_000);

beforeEach(async () => {
  await signalbox.client.scale({ params, body: { replicas: null } });
  await untilSize(1);
}, 120_000);
afterEach(async () => {
  await load?.stop();
  load = undefined;
}, 90_000);

function callers(perSecond: number, maxTokens: number): Load {
  load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', perSecond, maxTokens });
  return load;
}

/** As many replicas serve, and no other is left. */
async function untilSize(size: number): Promise<readonly Replica[]> {
  return until(
    `chat has ${size} replicas, which all serve`,
    async () => {
      const all = await story.replicas();
      if (all.length === size && all.every(({ traffic }) => traffic === 'serving')) return all;
      throw new Error(all.map(({ id, phase, traffic }) => `${id} ${phase} ${traffic}`).join(', '));
    },
    patient,
  );
}

const pidsOf = (replicas: readonly Replica[]) =>
  new Map(replicas.map(({ id, startedAt }) => [id, `${signalbox.replicaPid(id)} since ${startedAt}`]));

test(
  'load brings the fleet to its maximum, its end back to the minimum: nobody fails, and who stays is not touched',
  async () => {
    const [first] = pidsOf(await untilSize(1));
    const many = callers(12, 50);
    const full = pidsOf(await untilSize(3));
    expect([...full]).toContainEqual(first);
    await until('every replica answers', async () => {
      const answered = new Set(many.outcomes.map(({ replica }) => replica));
      return answered.size === 3;
    });
    expect((await many.stop()).filter(({ failure }) => failure !== null)).toEqual([]);

    const few = callers(2, 5);
    const left = pidsOf(await untilSize(1));
    expect([...full]).toEqual(expect.arrayContaining([...left]));
    await few.untilMore(5);
    expect((await few.stop()).filter(({ failure }) => failure !== null)).toEqual([]);
    expect((await story.status()).replicas).toEqual({ desired: 1, ready: 1, serving: 1 });
  },
  storyMs,
);

test(
  'a scale-down lets streams under way end first, and sends nothing new to who goes',
  async () => {
    await signalbox.client.scale({ params, body: { replicas: 3 } });
    const full = await untilSize(3);
    // About eight seconds each; with two per replica, every replica that goes has something to finish.
    const streams = Array.from({ length: 6 }, () =>
      ask({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', streamed: true, maxTokens: 400 }),
    );
    await until('every replica writes a stream', async () =>
      (await story.replicas()).every(({ inFlight }) => (inFlight ?? 0) > 0),
    );
    await signalbox.client.scale({ params, body: { replicas: 1, reason: 'enough' } });
    const leaving = await until('two replicas drain', async () => {
      const draining = (await story.replicas()).filter(({ traffic }) => traffic === 'draining');
      return draining.length === 2 && draining;
    });
    const before = pidsOf(full);
    for (const { id } of leaving) expect(signalbox.replicaPid(id)).toBeDefined();
    await until('the gateway serves by the newest snapshot', async () =>
      (await signalbox.client.listGateways()).items.every(({ upToDate }) => upToDate),
    );
    const asked = await ask({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', streamed: false });
    expect(asked.failure).toBeNull();
    expect(leaving.map(({ id }) => id)).not.toContain(asked.replica);

    const outcomes = await Promise.all(streams);
    expect(outcomes.filter(({ failure }) => failure !== null)).toEqual([]);
    expect(new Set(outcomes.map(({ replica }) => replica)).size).toBe(3);
    const left = pidsOf(await untilSize(1));
    expect([...before]).toEqual(expect.arrayContaining([...left]));
    expect(leaving.map(({ id }) => id)).not.toContain([...left.keys()][0]);
  },
  storyMs,
);

test(
  'a restart replaces every replica, one at a time, and no caller notices',
  async () => {
    await signalbox.client.scale({ params, body: { replicas: 3 } });
    const before = pidsOf(await untilSize(3));
    const steady = callers(10, 10);
    await steady.untilMore(5);
    const askedAt = systemClock.now();
    const answer = await signalbox.client.restart({ params, body: { reason: 'new drivers' } });
    expect(answer.replicas).toBe(3);

    let fewest = 3;
    await until(
      'every replica is a fresh one',
      async () => {
        const serving = await story.serving('v1');
        fewest = Math.min(fewest, serving.length);
        const fresh = serving.filter(({ startedAt }) => startedAt !== null && Date.parse(startedAt) >= askedAt);
        return fresh.length === 3;
      },
      patient,
    );
    expect(fewest).toBeGreaterThanOrEqual(2);
    const after = pidsOf(await untilSize(3));
    expect([...before.values()].filter((process) => [...after.values()].includes(process))).toEqual([]);
    await steady.untilMore(10);
    expect((await steady.stop()).filter(({ failure }) => failure !== null)).toEqual([]);
    expect((await story.ledger('deployment.restartRequested'))[0]?.reason).toBe('new drivers');
  },
  storyMs,
);

test(
  'a lone replica is replaced beside itself',
  async () => {
    const before = pidsOf(await untilSize(1));
    const steady = callers(5, 5);
    await steady.untilMore(3);
    await signalbox.client.restart({ params });
    const seen = new Set(before.keys());
    await until(
      'a fresh replica serves alone',
      async () => {
        const all = await story.replicas();
        for (const { id } of all) seen.add(id);
        const [replica, ...more] = all;
        return more.length === 0 && replica?.traffic === 'serving' && !before.has(replica.id);
      },
      patient,
    );
    expect(seen.size).toBe(2);
    await steady.untilMore(5);
    expect((await steady.stop()).filter(({ failure }) => failure !== null)).toEqual([]);
  },
  storyMs,
);

test(
  'a size set by hand holds against the demand, until it is given back to the autoscaler',
  async () => {
    const steady = callers(3, 5);
    const answer = await signalbox.client.scale({ params, body: { replicas: 2, reason: 'a demonstration' } });
    expect(answer).toMatchObject({ override: 2, bounds: { min: 1, max: 3 } });
    const fixed = pidsOf(await untilSize(2));
    // Longer than the down window: the autoscaler would have had its turn by now.
    await steady.untilMore(20);
    expect(pidsOf(await story.replicas())).toEqual(fixed);
    expect((await story.status()).scaleOverride).toMatchObject({ replicas: 2 });

    const back = await signalbox.client.scale({ params, body: { replicas: null } });
    expect(back.override).toBeNull();
    const left = pidsOf(await untilSize(1));
    expect([...fixed]).toEqual(expect.arrayContaining([...left]));
    expect((await story.status()).scaleOverride).toBeNull();
    expect((await steady.stop()).filter(({ failure }) => failure !== null)).toEqual([]);
    const [last] = await story.ledger('deployment.scaled');
    expect(last?.evidence).toEqual({ replicas: null });
  },
  storyMs,
);
