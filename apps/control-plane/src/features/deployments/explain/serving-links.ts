import type { Replica } from '@signalbox/db';
import { WHOLE } from '@signalbox/domain';
import { splitOf } from '../revision-names.ts';
import type { ExplainWorld, Link } from './explain-world.ts';

const shownReplicas = 5;

export function replicasLink(inputs: ExplainWorld): Link {
  const { world } = inputs;
  const title = 'Its replicas';
  const desired = world.replicaCounts.reduce((sum, row) => sum + row.desired, 0);
  const ready = world.replicas.filter(isUp);
  const troubled = world.replicas.filter((replica) => !isUp(replica) && replica.phase !== 'stopping');
  const lines = [
    `${desired} wanted, ${ready.length} up${countsByPhase(troubled)}`,
    ...troubled.slice(0, shownReplicas).flatMap((replica) => describeTrouble(replica, inputs)),
  ];
  if (desired === 0 && world.replicas.length === 0) {
    const asked = world.scaleOverride === undefined ? 'nothing asks for any yet' : 'it was scaled to 0';
    const advice =
      world.scaleOverride === undefined ? null : `signalbox scale ${world.deployment.name} --replicas auto`;
    return { name: 'replicas', state: 'broken', title, lines: [...lines, asked], advice };
  }
  if (ready.length > 0) return { name: 'replicas', state: 'ok', title, lines, advice: null };
  const failing = troubled.some(isFailing);
  return { name: 'replicas', state: failing ? 'broken' : 'waiting', title, lines, advice: adviceFor(troubled) };
}

/** A replica on a silent node may still serve. */
function isUp({ phase }: Replica): boolean {
  return phase === 'ready' || phase === 'lost';
}

/** Between two crashes an engine loads again: that is no reason to wait for it. */
function isFailing({ phase, restarts }: Replica): boolean {
  return phase === 'failing' || (phase === 'starting' && restarts > 0);
}

function countsByPhase(replicas: readonly Replica[]): string {
  const byPhase = Map.groupBy(replicas, ({ phase }) => phase);
  return [...byPhase].map(([phase, rows]) => `, ${rows.length} ${phase}`).join('');
}

function describeTrouble(replica: Replica, { logs }: ExplainWorld): string[] {
  const restarts = replica.restarts === 0 ? '' : `, restarted ${replica.restarts} times`;
  const lastLine = logs.get(replica.id)?.findLast((line) => line.trim() !== '');
  return [
    `${replica.name} is ${replica.phase}${restarts}${replica.reason === null ? '' : `: ${replica.reason}`}`,
    ...(lastLine === undefined ? [] : [`  last line of its engine: ${lastLine}`]),
  ];
}

function adviceFor(troubled: readonly Replica[]): string | null {
  if (troubled.some(isFailing)) return 'Read what the engine says: signalbox logs';
  if (troubled.some(({ phase }) => phase === 'pending'))
    return 'Free GPUs, add nodes to the pool, or name another pool.';
  return troubled.length > 0 ? 'Wait: weights are loading.' : null;
}

export function proofLink({ world }: ExplainWorld): Link {
  const title = 'A generation came back';
  const up = world.replicas.filter(isUp);
  const proven = up.filter(({ provenAt }) => provenAt !== null);
  const errors = up.flatMap(({ name, proofError }) => (proofError === null ? [] : [`${name}: ${proofError}`]));
  const lines = [`from ${proven.length} of ${up.length} replicas`, ...errors.slice(0, shownReplicas)];
  if (proven.length > 0) return { name: 'proof', state: 'ok', title, lines, advice: null };
  if (errors.length === 0) return { name: 'proof', state: 'waiting', title, lines, advice: null };
  const advice = 'The engine answers its health check but does not generate. Its log says why: signalbox logs';
  return { name: 'proof', state: 'broken', title, lines, advice };
}

export function gatewaysLink({ world, gateways, newest, heardSince }: ExplainWorld): Link {
  const title = 'Gateways admitted it';
  const live = gateways.filter((gateway) => gateway.lastSeenAt >= heardSince && gateway.accepting);
  const serving = world.replicas.filter(({ traffic }) => traffic === 'serving');
  const lines = [`${live.length} gateways live, ${serving.length} replicas take traffic`];
  for (const replica of world.replicas.filter(({ traffic }) => traffic === 'admitting').slice(0, shownReplicas)) {
    const missing = live.filter(
      ({ report }) => !report.replicas.some((row) => row.replicaId === replica.id && row.admitted),
    );
    lines.push(`${replica.name} waits for ${missing.map(({ id }) => id).join(', ') || 'the next pass'}`);
  }
  const behind = live.filter(
    (gateway) => gateway.appliedEpoch !== newest.epoch || gateway.appliedNumber < newest.number,
  );
  if (behind.length > 0) lines.push(`behind the newest snapshot: ${behind.map(({ id }) => id).join(', ')}`);
  if (serving.length > 0) return { name: 'gateways', state: 'ok', title, lines, advice: null };
  if (live.length > 0) return { name: 'gateways', state: 'waiting', title, lines, advice: null };
  return { name: 'gateways', state: 'broken', title, lines, advice: 'Start a gateway, or see why none reports.' };
}

export function routeLink({ world, routes }: ExplainWorld): Link {
  const title = 'A route leads to it';
  const { name } = world.deployment;
  if (routes.length === 0) {
    const advice = `Apply a Route whose spec.deployment is ${name}.`;
    return { name: 'route', state: 'broken', title, lines: ['no route names this deployment'], advice };
  }
  const split = splitOf(world).map(
    ({ revision, version, percent }) => `${percent} % to revision ${revision} (${version})`,
  );
  const lines = [`callers ask for ${routes.map(({ model }) => model).join(', ')}`, ...split];
  const whole = (world.traffic?.split ?? []).reduce((sum, { weight }) => sum + weight, 0) === WHOLE;
  if (whole) return { name: 'route', state: 'ok', title, lines, advice: null };
  return { name: 'route', state: 'waiting', title, lines: [...lines, 'no revision has traffic yet'], advice: null };
}
