import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@signalbox/client';
import { until } from '../../e2e/installation/index.ts';
import type { Timeline } from './timeline.ts';

/** What happens to a deployment while its callers go on. Each act waits until its effect is there. */
export interface Stage {
  client: Client;
  deployment: string;
  stable: string;
  canary: string;
  timeline: Timeline;
  /** Undefined where the installation is someone else's: nothing of it is killed. */
  chaos: Chaos | undefined;
}

export interface Chaos {
  /** `kill -9` of the replica's process; false when there is none. */
  killReplica(id: string): boolean;
  killControlPlane(): Promise<void>;
  startControlPlane(): void;
}

export type Acts = { canary: boolean; chaos: boolean };

const betweenMs = 3_000;
const outageMs = 3_000;
const rolloutWithinMs = 10 * 60_000;

export async function playStory(stage: Stage, acts: Acts): Promise<void> {
  const { canary, chaos } = acts;
  await pause(betweenMs);
  if (canary) {
    await promote(stage);
    await finished(stage);
    await pause(betweenMs);
  }
  if (chaos) {
    await killReplica(stage);
    await pause(betweenMs);
    await restartControlPlane(stage);
    await pause(betweenMs);
  }
  if (!canary) return;
  await rollBack(stage);
  await pause(betweenMs);
  await promote(stage);
  await split(stage);
  if (chaos) await restartControlPlane(stage);
  await rollBack(stage);
  await finished(stage);
  await pause(betweenMs);
}

async function promote({ client, deployment, canary, timeline }: Stage): Promise<void> {
  const { outcome, message } = await client.promote({ params: { name: deployment }, body: { version: canary } });
  timeline.note(`promote ${deployment} to ${canary}: ${outcome}, ${message}`);
}

/** The canary has traffic and the stable version still has some. */
async function split({ client, deployment, timeline }: Stage): Promise<void> {
  const percent = await until(`${deployment} is split`, async () => {
    const { rollout } = await client.getRollout({ params: { name: deployment } });
    return rollout !== null && rollout.percent > 0 && rollout.percent;
  });
  timeline.note(`canary at ${percent} %`);
}

async function finished({ client, deployment, timeline }: Stage): Promise<void> {
  let percent = 0;
  const rollout = await until(
    `the rollout of ${deployment} ends`,
    async () => {
      const { rollout: seen } = await client.getRollout({ params: { name: deployment } });
      if (seen?.active && seen.percent > percent) timeline.note(`canary at ${seen.percent} %`);
      percent = seen?.percent ?? 0;
      return seen !== null && !seen.active && seen;
    },
    { withinMs: rolloutWithinMs, everyMs: 100 },
  );
  const because = rollout.because === null ? '' : `, because ${rollout.because}`;
  timeline.note(`rollout to ${rollout.to.version} ${rollout.phase}${because}`);
}

async function rollBack({ client, deployment, timeline }: Stage): Promise<void> {
  const { kind, to, acknowledgedMs, message } = await client.rollback({ params: { name: deployment } });
  const after = acknowledgedMs === null ? message : `acknowledged by every gateway after ${acknowledgedMs} ms`;
  timeline.note(`rollback to ${to.version}: ${kind}, ${after}`);
}

async function killReplica({ client, deployment, timeline, chaos }: Stage): Promise<void> {
  const { status } = await client.getDeployment({ params: { name: deployment } });
  const { items } = await client.listReplicas({ params: { name: deployment } });
  const main = [...status.split].sort((a, b) => b.percent - a.percent)[0];
  const victim = items.find((replica) => replica.traffic === 'serving' && replica.revision === main?.revision);
  if (victim === undefined || chaos?.killReplica(victim.id) !== true) {
    timeline.note('no serving replica to kill');
    return;
  }
  timeline.note(`kill -9 of ${victim.name}, one of those that serve ${victim.version}`);
  await until(
    'the killed replica serves again',
    async () => {
      const now = await client.listReplicas({ params: { name: deployment } });
      const same = now.items.find((replica) => replica.id === victim.id);
      return same?.traffic === 'serving' && same.restarts > victim.restarts;
    },
    { withinMs: 60_000 },
  );
  timeline.note(`${victim.name} serves again`);
}

async function restartControlPlane({ client, timeline, chaos }: Stage): Promise<void> {
  if (chaos === undefined) return;
  await chaos.killControlPlane();
  timeline.note('kill -9 of the control plane');
  await pause(outageMs);
  chaos.startControlPlane();
  timeline.note('control plane started');
  await until('every gateway is connected again', async () => {
    const { items } = await client.listGateways();
    return items.length > 0 && items.every((gateway) => gateway.live && gateway.upToDate);
  });
  timeline.note('control plane answers, gateways are up to date');
}
