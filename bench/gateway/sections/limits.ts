import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { newToken } from '@signalbox/runtime';
import { backendOf, routeOf, snapshotOf, TestControlPlane, until } from '../../../apps/gateway/src/gateway.fixture.ts';
import type { PriorityClass, SnapshotKey } from '../../../packages/domain/src/index.ts';
import { seededRandom } from '../../../packages/testkit/src/simulated-engine/engine/random.ts';
import { startGatewayProcess } from '../rig/gateway-process.ts';
import { type Asked, callOpenly } from '../rig/open-callers.ts';
import { modelName } from '../rig/requests.ts';
import { SlotEngine, serviceMs, type Work } from '../rig/slot-engine.ts';
import { type LimitsRun, limitsResult } from './limits-result.ts';
import type { Rig, Section } from './section.ts';

const [replicas, slotsPerReplica] = [4, 16];
const slots = replicas * slotsPerReplica;
const tokensPerMinute = 300_000;

const names = ['limited', 'critical', 'standard', 'batch', 'flooding', 'modest'] as const;
type Name = (typeof names)[number];

/** Prompts of 100 to 2,000 tokens and mostly short answers with a long tail: 65 to 350 ms to the first token. */
function chat(random: () => number): Work {
  const input = Math.round(100 + 1_900 * random() ** 2);
  return { input, output: Math.ceil(10 * Math.exp(3 * random() ** 1.5)), firstMs: 50 + 0.15 * input, perTokenMs: 5 };
}

const drawn = seededRandom(99);
const meanServiceMs = Array.from({ length: 20_000 }, () => serviceMs(chat(drawn))).reduce((a, b) => a + b, 0) / 20_000;
/** Requests per second that all slots together serve. */
const capacity = (slots * 1_000) / meanServiceMs;

export const limitsAndOverload: Section = {
  name: 'limits',
  title: `limits and overload: 300,000 tokens a minute; ${slots} slots that serve ${Math.round(capacity)} requests/s`,
  contenders: [],
  run: async (rig) => {
    const engine = new SlotEngine(slotsPerReplica);
    await engine.start(replicas);
    const controlPlane = await new TestControlPlane().start();
    const keys = new Map(names.map((name) => [name, newToken('sbx')]));
    const gateway = await startGatewayProcess({
      folder: join(rig.folder, 'limits'),
      controlPlaneUrl: controlPlane.url,
    });
    try {
      publish(controlPlane, keys, engine.urls);
      await until('the replicas are admitted', () => {
        const seen = controlPlane.last?.replicas ?? [];
        return seen.length === replicas && seen.every(({ admitted }) => admitted);
      });
      const call = (name: Name, perSecond: number, seconds: number): Promise<readonly Asked[]> => {
        const random = seededRandom(names.indexOf(name) + 1);
        return callOpenly({ url: gateway.url, key: keys.get(name) ?? '', perSecond, random, work: chat }, seconds);
      };
      return limitsResult({ ...(await measure(rig, call)), crowded: engine.crowded });
    } finally {
      await gateway.stop();
      await controlPlane.close();
      await engine.stop();
    }
  },
};

async function measure(
  { quick, progress }: Rig,
  call: (name: Name, perSecond: number, seconds: number) => Promise<readonly Asked[]>,
): Promise<Omit<LimitsRun, 'crowded'>> {
  const [limitedSeconds, loadSeconds, floodSeconds] = quick ? [5, 4, 4] : [66, 18, 16];
  // The same requests at the same moments, first alone and then among all others.
  const unloaded = await call('critical', 0.4 * capacity, loadSeconds);
  progress(`unloaded: ${unloaded.length} critical requests`);
  const [critical, standard, batch] = await Promise.all([
    call('critical', 0.4 * capacity, loadSeconds),
    call('standard', 0.9 * capacity, loadSeconds),
    call('batch', 0.7 * capacity, loadSeconds),
  ]);
  progress(`2 × overload: ${critical.length + standard.length + batch.length} requests`);
  const [flooding, modest] = await Promise.all([
    call('flooding', 6 * capacity, floodSeconds),
    call('modest', 0.6 * capacity, floodSeconds),
  ]);
  progress(`one tenant floods: ${flooding.length} requests beside ${modest.length}`);
  const limited = await call('limited', 0.8 * capacity, limitedSeconds);
  progress(`tokens per minute: ${limited.length} requests`);
  return {
    slots,
    limited: { asked: limited, tokensPerMinute },
    overload: { seconds: loadSeconds, unloaded, critical, others: [...standard, ...batch] },
    flood: { seconds: floodSeconds, flooding, modest },
  };
}

function publish(controlPlane: TestControlPlane, keys: ReadonlyMap<Name, string>, at: readonly string[]): void {
  const backend = backendOf({
    revisionId: 'r-1',
    at,
    servedModelName: modelName,
    maxInFlightPerReplica: slotsPerReplica,
  });
  const queue = { maxRequests: 2_000, maxBytes: 256 * 2 ** 20, maxWaitMs: 3_000 };
  const route = routeOf([backend], { name: modelName, access: 'keys', queue });
  const limits = [{ id: 'l-tokens', of: 'tokens', per: 'minute', amount: tokensPerMinute }] as const;
  const keyOf = ([name, secret]: [Name, string]): SnapshotKey => ({
    id: name,
    project: route.project,
    hash: createHash('sha256').update(secret).digest('hex'),
    routes: ['*'],
    expiresAt: null,
    priority: priorityOf(name),
    ...(name === 'limited' ? { limits } : {}),
  });
  controlPlane.publish(snapshotOf([route], { keys: [...keys].map(keyOf) }));
}

function priorityOf(name: Name): PriorityClass {
  return name === 'critical' || name === 'batch' ? name : 'standard';
}
