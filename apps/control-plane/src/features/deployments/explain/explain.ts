import type { ApiResponse } from '@signalbox/contracts';
import type { ExplainWorld, Link } from './explain-world.ts';
import { clusterLink, revisionLink, rolloutLink, specLink } from './links.ts';
import { gatewaysLink, proofLink, replicasLink, routeLink } from './serving-links.ts';

/**
 * “Why is it not serving?”: the chain from what was written to a served request, link by link. The first link that is
 * not whole is the answer; those after it only follow from it.
 */
export function explain(inputs: ExplainWorld): ApiResponse<'explain'> {
  const links = [
    specLink(inputs),
    revisionLink(inputs),
    rolloutLink(inputs),
    clusterLink(inputs),
    replicasLink(inputs),
    proofLink(inputs),
    gatewaysLink(inputs),
    routeLink(inputs),
  ];
  const { deployment, project } = inputs.world;
  const serving = isServing(inputs);
  const broken = serving ? undefined : firstBroken(links);
  return {
    deployment: deployment.name,
    project,
    serving,
    summary: summary(deployment.name, serving, broken, inputs),
    broken: broken?.name ?? null,
    links,
  };
}

function isServing({ world, routes }: ExplainWorld): boolean {
  const parts = (world.traffic?.split ?? []).filter(({ weight }) => weight > 0);
  const takesTraffic = (revisionId: string) =>
    world.replicas.some((replica) => replica.revisionId === revisionId && replica.traffic === 'serving');
  return routes.length > 0 && parts.length > 0 && parts.every(({ revisionId }) => takesTraffic(revisionId));
}

/** A rollout waits for what comes after it in the chain: its own waiting is the answer only when nothing else is. */
function firstBroken(links: readonly Link[]): Link | undefined {
  const notWhole = links.filter(({ state }) => state !== 'ok');
  return notWhole.find((link) => !(link.name === 'rollout' && link.state === 'waiting')) ?? notWhole[0];
}

function summary(name: string, serving: boolean, broken: Link | undefined, { world }: ExplainWorld): string {
  if (serving && world.rollout !== undefined)
    return `${name} serves; a rollout is under way: ${world.rollout.status.detail.message}`;
  if (serving) return `${name} serves.`;
  if (broken === undefined) return `${name} does not serve yet, and nothing is in its way.`;
  const detail = broken.lines.at(broken.name === 'replicas' && broken.lines.length > 1 ? 1 : 0) ?? broken.title;
  return `${name} does not serve: ${detail}`;
}
