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

/** Rollout and route wait for what stands between them: their waiting is the answer only when nothing else is. */
function firstBroken(links: readonly Link[]): Link | undefined {
  const notWhole = links.filter(({ state }) => state !== 'ok');
  const follows = ({ name, state }: Link) => state === 'waiting' && (name === 'rollout' || name === 'route');
  return notWhole.find((link) => !follows(link)) ?? notWhole[0];
}

function summary(name: string, serving: boolean, broken: Link | undefined, { world }: ExplainWorld): string {
  if (serving && world.rollout !== undefined)
    return `${name} serves; a rollout is under way: ${world.rollout.status.detail.message}`;
  if (serving) return `${name} serves.`;
  if (broken === undefined) return `${name} does not serve yet, and nothing is in its way.`;
  // These two begin with what is well.
  const first = broken.name === 'replicas' || (broken.name === 'cluster' && broken.state === 'broken') ? 1 : 0;
  const detail = broken.lines.at(first) ?? broken.lines[0] ?? broken.title;
  return `${name} does not serve: ${detail}`;
}
