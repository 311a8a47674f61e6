import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { GateVerdict } from '@signalbox/domain';
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
const lastWords = /last line of its engine: .*Engine core initialization failed/;

let signalbox: Installation;
let key: string;
let load: Load | undefined;
let story: Deployed;
beforeAll(async () => {
  signalbox = await startInstallation();
  await signalbox.apply(foundation);
  key = await signalbox.createKey();
}, 90_000);
afterAll(() => signalbox?.stop(), 60_000);

afterEach(async () => {
  await load?.stop();
  load = undefined;
  const params = { name: story.name };
  await signalbox.client.deleteRoute({ params, query: { yes: 'true' } });
  await signalbox.client.deleteDeployment({ params, query: { yes: 'true' } });
}, 90_000);

async function explainedLines(name: string, link: string): Promise<string> {
  const { links } = await signalbox.client.explain({ params: { name } });
  return links.find((candidate) => candidate.name === link)?.lines.join('\n') ?? '';
}

async function untilReplicasAreGone(version: string): Promise<void> {
  await until(`the replicas of ${version} are gone`, async () => (await story.replicas(version)).length === 0, {
    withinMs: 60_000,
  });
}

describe('a new version that turns bad once it serves', () => {
  test.each([
    { what: 'fails every request', name: 'failing', faults: { failRate: 1 } },
    { what: 'answers its health checks and hangs', name: 'hanging', faults: { hang: true, healthLies: true } },
  ])(
    'it $what: it stays at its first step, is rolled back by itself, and no caller notices',
    async ({ name, faults }) => {
      story = deployed(signalbox.client, name);
      const rollout = canary('{ weight: 10, for: 10m }, { weight: 100 }');
      const shape = { name, rollout, route: 'timeouts: { firstByte: 1s }' };
      await signalbox.apply(chat({ ...shape, version: 'v1' }));
      await story.untilServing('v1', 2);
      load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: name, perSecond: 40 });
      await signalbox.apply(chat({ ...shape, version: 'v2' }));
      await until('v2 serves', async () => (await story.serving('v2')).length > 0, { withinMs: 60_000, everyMs: 10 });
      await story.setFaults('v2', faults);

      let most = 0;
      const ended = await story.untilRollout('it is rolled back', ({ phase, percent }) => {
        most = Math.max(most, percent);
        return phase === 'rolledBack';
      });
      expect(most).toBe(10);
      expect(ended.because).toMatch(/error rate/);
      expect(ended.verdict).toMatchObject({ kind: 'rollBack', candidate: { errors: expect.any(Number) } });

      const [decision] = await story.ledger('rollout.rolledBack');
      expect(decision).toMatchObject({ actor: 'controller:rollouts', reason: ended.because });
      const verdict = decision?.evidence.verdict as GateVerdict | undefined;
      expect(verdict?.inputs.candidate.errors).toBeGreaterThan(0);
      expect(verdict?.inputs.candidate.rescued).toBeGreaterThan(0);

      await load.untilMore(40);
      expect(load.failures).toEqual([]);
      const { split, stable, wanted } = await story.status();
      expect(split).toMatchObject([{ version: 'v1', percent: 100 }]);
      expect([stable?.version, wanted?.version]).toEqual(['v1', 'v2']);
      await untilReplicasAreGone('v2');
      expect((await signalbox.client.verifyLedger()).intact).toBe(true);
    },
    storyMs,
  );
});

describe('a new version that never comes up', () => {
  test.each([
    {
      what: 'crashes while it loads',
      name: 'crashing',
      args: 'sim-crash-at-load: true',
      // Three crashes take what the machine takes: the bound must not come before them.
      provisionTimeout: '5m',
      because: /keep failing/,
      told: { link: 'replicas', words: lastWords },
    },
    {
      what: 'hangs while it loads',
      name: 'stuck',
      args: 'sim-hang: true',
      provisionTimeout: '10s',
      because: /not routable in time/,
      told: { link: 'replicas', words: /starting/ },
    },
    {
      what: 'answers its health checks but generates nothing',
      name: 'lying',
      args: 'sim-health-lies: true',
      provisionTimeout: '10s',
      because: /not routable in time/,
      told: { link: 'proof', words: /probe generation was answered with 500/ },
    },
  ])(
    'it $what: it gets no traffic, explain says why, and it is rolled back',
    async ({ name, args, provisionTimeout, because, told }) => {
      story = deployed(signalbox.client, name);
      const shape = {
        name,
        rollout: canary('{ weight: 10 }, { weight: 100 }', `provisionTimeout: ${provisionTimeout}`),
      };
      await signalbox.apply(chat({ ...shape, version: 'v1' }));
      await story.untilServing('v1', 2);
      load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: name });
      await signalbox.apply(chat({ ...shape, version: 'v2', args }));

      await until('explain says why', async () => told.words.test(await explainedLines(name, told.link)), {
        withinMs: 60_000,
      });
      const ended = await story.untilRollout('it is rolled back', ({ phase }) => phase === 'rolledBack');
      expect(ended.because).toMatch(because);
      await untilReplicasAreGone('v2');
      await load.untilMore(20);
      expect(countsByVersion(load.outcomes)).toEqual({ v1: expect.any(Number) });
      expect(load.failures).toEqual([]);
      expect(await story.ledger('rollout.trafficShifted')).toHaveLength(1);
    },
    storyMs,
  );
});

describe('a first deployment that cannot start', () => {
  test(
    'explain says why, down to the last line of the engine; a corrected one serves',
    async () => {
      story = deployed(signalbox.client, 'first');
      await signalbox.apply(chat({ name: 'first', args: 'sim-crash-at-load: true' }));
      const explained = await until(
        'explain names the crash',
        async () => {
          const answer = await signalbox.client.explain({ params: { name: 'first' } });
          const link = answer.links.find(({ name }) => name === 'replicas');
          return link?.state === 'broken' && lastWords.test(link.lines.join('\n')) ? answer : undefined;
        },
        { withinMs: 60_000 },
      );
      expect(explained).toMatchObject({ serving: false, broken: 'replicas' });
      expect(explained.summary).toMatch(/^first does not serve: /);
      // It keeps crashing: the advice does not turn into patience while it loads once more.
      const states = new Set<string | undefined>();
      await until(
        'it was started again a few times',
        async () => {
          const { links } = await signalbox.client.explain({ params: { name: 'first' } });
          states.add(links.find(({ name }) => name === 'replicas')?.state);
          return (await story.replicas()).some(({ restarts }) => restarts >= 3);
        },
        { withinMs: 60_000 },
      );
      expect([...states]).toEqual(['broken']);
      await signalbox.apply(chat({ name: 'first' }));
      await story.untilServing('v1', 2);
      expect((await signalbox.client.explain({ params: { name: 'first' } })).serving).toBe(true);
    },
    storyMs,
  );
});
