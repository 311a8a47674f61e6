import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@signalbox/runtime';
import {
  canary,
  chat,
  countsByVersion,
  type Deployed,
  deployed,
  foundation,
  type Installation,
  type Load,
  type Outcome,
  startInstallation,
  startLoad,
  until,
} from '../installation/index.ts';

const storyMs = 180_000;
const steps = '{ weight: 10, for: 2s }, { weight: 50, for: 2s }, { weight: 100 }';

let signalbox: Installation;
let key: string;
beforeAll(async () => {
  signalbox = await startInstallation();
  await signalbox.apply(foundation);
  key = await signalbox.createKey();
}, 90_000);
afterAll(() => signalbox?.stop(), 60_000);

/** Tells one start of a replica from the next: two starts never share a pid and its time. */
async function processesOf(deployment: Deployed, version?: string): Promise<Readonly<Record<string, unknown>>> {
  const replicas = await deployment.replicas(version);
  return Object.fromEntries(replicas.map(({ id, startedAt }) => [id, [signalbox.replicaPid(id), startedAt]]));
}

/** Tokens that the version's engines have taken in: every request that reaches one shows, also a rescued one. */
async function promptTokens(deployment: Deployed, version: string): Promise<number> {
  const counts = (await deployment.replicas(version)).map(async ({ address }) => {
    const stats = (await (await fetch(`http://${address}/simulated/stats`)).json()) as { promptTokens: number };
    return stats.promptTokens;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

async function idleEngines(deployment: Deployed, version: string): Promise<void> {
  await until(`no request runs on ${version}`, async () =>
    (await deployment.replicas(version)).every(({ inFlight }) => inFlight === 0),
  );
}

describe('a canary under steady traffic', () => {
  let story: Deployed;
  let load: Load;
  const v1 = () => chat({ version: 'v1', rollout: canary(steps) });
  const v2 = () => chat({ version: 'v2', rollout: canary(steps) });
  const sentBetween = (outcomes: readonly Outcome[], from: number, to = Number.POSITIVE_INFINITY) =>
    outcomes.filter(({ sentAt }) => sentAt >= from && sentAt < to);

  beforeAll(async () => {
    story = deployed(signalbox.client, 'chat');
    await signalbox.apply(v1());
    await story.untilServing('v1', 2);
    load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', perSecond: 30 });
  }, storyMs);
  afterAll(() => load?.stop().then(() => undefined), 90_000);

  test(
    'goes out step by step, completes, and no caller notices',
    async () => {
      await load.untilMore(30);
      const before = await processesOf(story, 'v1');
      const promotion = await signalbox.client.promote({ params: { name: 'chat' }, body: { version: 'v2' } });
      expect(promotion.outcome).toBe('started');

      const seen: number[] = [];
      const done = await story.untilRollout('it completes', (rollout) => {
        if (rollout.percent !== seen.at(-1)) seen.push(rollout.percent);
        return rollout.phase === 'completed';
      });
      expect(done.to.version).toBe('v2');
      expect([0, 10, 50, 100]).toEqual(expect.arrayContaining(seen));
      expect(seen).toEqual([...seen].sort((a, b) => a - b));

      const shifts = (await story.ledger('rollout.trafficShifted'))
        .filter(({ evidence }) => evidence.rolloutId === done.id)
        .map(({ at, evidence }) => ({ at: Date.parse(at), percent: Number(evidence.weight) / 100 }))
        .reverse();
      expect(shifts.map(({ percent }) => percent)).toEqual([10, 50, 100]);
      const [ten, fifty, hundred] = shifts.map(({ at }) => at) as [number, number, number];
      expect(fifty - ten).toBeGreaterThanOrEqual(2_000);
      expect(hundred - fifty).toBeGreaterThanOrEqual(2_000);

      expect(countsByVersion(sentBetween(load.outcomes, 0, ten))).toEqual({ v1: expect.any(Number) });
      const atTen = countsByVersion(sentBetween(load.outcomes, ten + 500, fifty));
      expect((atTen.v2 ?? 0) / ((atTen.v1 ?? 0) + (atTen.v2 ?? 0))).toBeLessThan(0.2);
      await until('the gateway serves by the newest snapshot', async () =>
        (await signalbox.client.listGateways()).items.every(({ upToDate }) => upToDate),
      );
      const onlyNew = systemClock.now();
      await load.untilMore(30);
      expect(countsByVersion(sentBetween(load.outcomes, onlyNew))).toEqual({ v2: expect.any(Number) });
      expect(load.failures).toEqual([]);

      // The former revision stays warm: nothing of it was stopped or restarted.
      expect(await processesOf(story, 'v1')).toEqual(before);
      expect((await story.status()).former?.version).toBe('v1');
      expect(await story.serving('v1')).toHaveLength(2);
    },
    storyMs,
  );

  test(
    'the gate has seen its evidence before each step ends',
    async () => {
      const [begun] = await story.ledger('rollout.stepBegun');
      const verdict = begun?.evidence.verdict as { kind: string; inputs: { candidate: { requests: number } } };
      expect(verdict.kind).toBe('goOn');
      expect(verdict.inputs.candidate.requests).toBeGreaterThanOrEqual(5);
    },
    storyMs,
  );

  test(
    'promoting what serves already changes nothing',
    async () => {
      const revisions = (await signalbox.client.listRevisions({ params: { name: 'chat' } })).items.length;
      const again = await signalbox.client.promote({ params: { name: 'chat' }, body: { version: 'v2' } });
      expect(again.outcome).toBe('done');
      expect((await signalbox.client.listRevisions({ params: { name: 'chat' } })).items).toHaveLength(revisions);
    },
    storyMs,
  );

  test.each([
    { name: 'a rollback', bad: 'v2', good: 'v1' },
    { name: 'a rollback of the rollback', bad: 'v1', good: 'v2' },
  ])(
    '$name is acknowledged within a second, moves all traffic, and restarts nothing',
    async ({ bad, good }) => {
      const before = await processesOf(story);
      const answer = await signalbox.client.rollback({
        params: { name: 'chat' },
        body: { reason: `away from ${bad}` },
      });
      const answeredAt = systemClock.now();
      expect(answer).toMatchObject({ kind: 'moved', from: { version: bad }, to: { version: good } });
      expect(answer.acknowledgedMs).toBeLessThan(1_000);

      await idleEngines(story, bad);
      const tokens = await promptTokens(story, bad);
      await load.untilMore(60);
      expect(countsByVersion(sentBetween(load.outcomes, answeredAt))).toEqual({
        [good]: expect.any(Number),
      });
      expect(await promptTokens(story, bad)).toBe(tokens);
      expect(load.failures).toEqual([]);
      expect(await processesOf(story)).toEqual(before);
    },
    storyMs,
  );

  test(
    'every decision is in the ledger, which verifies',
    async () => {
      const kinds = (await story.ledger()).map(({ kind }) => kind).reverse();
      const story1 = ['deployment.applied', 'rollout.started', 'rollout.completed', 'deployment.promoted'];
      const story2 = ['rollout.provisioning', 'rollout.stepBegun', 'rollout.trafficShifted', 'rollout.stepsPassed'];
      expect(kinds).toEqual(expect.arrayContaining([...story1, ...story2]));
      const rollbacks = await story.ledger('deployment.rolledBack');
      expect(rollbacks.map(({ reason }) => reason)).toEqual(['away from v1', 'away from v2']);
      expect((await signalbox.client.verifyLedger()).intact).toBe(true);
    },
    storyMs,
  );

  test(
    'the same manifests again are unchanged, and make no revision',
    async () => {
      const revisions = (await signalbox.client.listRevisions({ params: { name: 'chat' } })).items.length;
      const { changes } = await signalbox.apply(foundation, v2());
      expect(changes.map(({ change }) => change)).toEqual(changes.map(() => 'unchanged'));
      expect((await signalbox.client.listRevisions({ params: { name: 'chat' } })).items).toHaveLength(revisions);
    },
    storyMs,
  );

  test(
    'a change of scaling makes a revision and keeps every process',
    async () => {
      const before = await processesOf(story);
      const wider = chat({ version: 'v2', rollout: canary(steps), scaling: 'min: 2, max: 3' });
      const { changes } = await signalbox.apply(wider);
      const { revision } = changes.find(({ kind }) => kind === 'Deployment') ?? {};
      await until('the new revision is stable', async () => (await story.status()).stable?.revision === revision);
      const diff = await signalbox.client.diffRevisions({
        params: { name: 'chat' },
        query: { from: Number(revision) - 1, to: Number(revision) },
      });
      expect(diff.sameReplicas).toBe(true);
      await load.untilMore(30);
      expect(await processesOf(story)).toEqual(before);
    },
    storyMs,
  );

  test('no request failed in all of this', async () => {
    const outcomes = await load.stop();
    expect(outcomes.filter(({ failure }) => failure !== null)).toEqual([]);
    expect(outcomes.filter(({ streamed }) => streamed).length).toBeGreaterThan(100);
    expect(outcomes.filter(({ streamed }) => !streamed).length).toBeGreaterThan(100);
  }, 90_000);
});

describe('a rollout under way', () => {
  let load: Load;
  let story: Deployed;

  /** v1 serves, callers come, and v2 is on its way by these steps. */
  async function begin(name: string, how: string): Promise<void> {
    story = deployed(signalbox.client, name);
    await signalbox.apply(chat({ name, replicas: 1, rollout: canary(how) }));
    await story.untilServing('v1', 1);
    load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: name });
    await signalbox.client.promote({ params: { name }, body: { version: 'v2' } });
  }
  afterEach(async () => {
    const outcomes = await load.stop();
    const params = { name: story.name };
    await signalbox.client.deleteRoute({ params, query: { yes: 'true' } });
    await signalbox.client.deleteDeployment({ params, query: { yes: 'true' } });
    expect(outcomes.filter(({ failure }) => failure !== null)).toEqual([]);
  }, 90_000);
  const params = () => ({ params: { name: story.name } });

  test(
    'holds while it is paused, and goes on when it is resumed',
    async () => {
      await begin('held', '{ weight: 10, for: 1s }, { weight: 100 }');
      await story.untilRollout('10 % arrive', ({ percent }) => percent === 10);
      await signalbox.client.pauseRollout({ ...params(), body: { reason: 'lunch' } });
      await story.untilRollout('it is paused', ({ paused }) => paused);
      expect((await story.status()).phase).toBe('paused');
      await load.untilMore(60);
      expect((await story.rollout()).percent).toBe(10);
      await signalbox.client.resumeRollout(params());
      await story.untilServing('v2', 1);
      expect((await story.ledger('rollout.pause'))[0]?.reason).toBe('lunch');
    },
    storyMs,
  );

  test(
    'goes to its next step at once when it is advanced',
    async () => {
      await begin('hurried', '{ weight: 10, for: 10m }, { weight: 50, for: 10m }, { weight: 100 }');
      for (const percent of [10, 50]) {
        await story.untilRollout(`${percent} % arrive`, (rollout) => rollout.percent === percent);
        await signalbox.client.advanceRollout(params());
      }
      await story.untilServing('v2', 1);
      expect(await story.ledger('rollout.advance')).toHaveLength(2);
    },
    storyMs,
  );

  test(
    'waits for its approval, and remembers who gave it',
    async () => {
      await begin('approved', '{ weight: 10 }, { approval: { role: operator } }, { weight: 100 }');
      const waiting = await story.untilRollout('it waits for an approval', ({ message }) => /approval/.test(message));
      expect(waiting.percent).toBe(10);
      await load.untilMore(40);
      expect((await story.rollout()).percent).toBe(10);
      await signalbox.client.advanceRollout({ ...params(), body: { reason: 'looks good' } });
      await story.untilServing('v2', 1);
      const [approval] = await story.ledger('rollout.advance');
      expect(approval).toMatchObject({ reason: 'looks good', actor: expect.any(String) });
    },
    storyMs,
  );

  test.each([
    { verb: 'an abort', name: 'aborted', act: () => signalbox.client.abortRollout(params()) },
    { verb: 'a rollback', name: 'returned', act: () => signalbox.client.rollback(params()) },
  ])(
    '$verb takes traffic back first, then the new replicas',
    async ({ name, act }) => {
      await begin(name, '{ weight: 50, for: 10m }, { weight: 100 }');
      await story.untilRollout('half of the traffic is on v2', ({ percent }) => percent === 50);
      await load.untilMore(1, ({ version }) => version === 'v2');
      const before = await processesOf(story, 'v1');
      await act();
      await story.untilRollout('it is rolled back', ({ phase }) => phase === 'rolledBack');
      const rolledBackAt = systemClock.now();
      await load.untilMore(40);
      const after = load.outcomes.filter(({ sentAt }) => sentAt >= rolledBackAt);
      expect(countsByVersion(after)).toEqual({ v1: expect.any(Number) });
      await until('the replicas of v2 are gone', async () => (await story.replicas('v2')).length === 0, {
        withinMs: 60_000,
      });
      expect(await processesOf(story)).toEqual(before);
    },
    storyMs,
  );

  test(
    'a newer spec takes over: never two rollouts at once, and only the newest serves in the end',
    async () => {
      await begin('overtaken', '{ weight: 50, for: 10m }, { weight: 100 }');
      const first = await story.untilRollout('half of the traffic is on v2', ({ percent }) => percent === 50);
      await signalbox.apply(chat({ name: 'overtaken', version: 'v3', replicas: 1, rollout: canary('{ weight: 50 }') }));
      const { items } = await signalbox.client.listRollouts(params());
      expect(items.filter(({ active }) => active).map(({ to }) => to.version)).toEqual(['v3']);
      expect(items.find(({ id }) => id === first.id)?.phase).toBe('superseded');
      await story.untilServing('v3', 1);
      await until('the replicas of v2 are gone', async () => (await story.replicas('v2')).length === 0, {
        withinMs: 60_000,
      });
      expect((await story.status()).former?.version).toBe('v1');
    },
    storyMs,
  );

  test(
    'asking again for the version that is on its way finds the same rollout',
    async () => {
      await begin('repeated', '{ weight: 10, for: 1s }, { weight: 100 }');
      const { rollout } = await signalbox.client.promote({ ...params(), body: { version: 'v2' } });
      const again = await signalbox.client.promote({ ...params(), body: { version: 'v2' } });
      expect(again).toMatchObject({ outcome: 'ongoing', rollout: { id: rollout?.id } });
      await story.untilServing('v2', 1);
      expect((await signalbox.client.listRollouts(params())).items).toHaveLength(2);
    },
    storyMs,
  );
});
