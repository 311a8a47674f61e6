import { createHash } from 'node:crypto';
import { canonicalJson } from '@signalbox/contracts';
import type { RoutableRevision, SnapshotInputs } from '@signalbox/db';
import type { Quantization, Snapshot, SnapshotBackend, SnapshotReplica, SnapshotRoute } from '@signalbox/domain';
import { buildKey } from './build-key.ts';
import { routePolicies } from './route-policies.ts';

/** The document that gateways serve by: everything read as of one moment, numbered by that moment. */
export function buildSnapshot(inputs: SnapshotInputs): Snapshot {
  const routes = inputs.routes.map((route) => buildRoute(route, inputs));
  const projectLimits = new Map(inputs.projectLimits.map(({ project, limits }) => [project, limits]));
  const keys = inputs.keys.map((key) => buildKey(key, projectLimits.get(key.project) ?? []));
  const hash = createHash('sha256').update(canonicalJson({ routes, keys })).digest('hex');
  return { format: 1, epoch: inputs.state.epoch, number: inputs.state.number, hash, routes, keys };
}

function buildRoute(route: SnapshotInputs['routes'][number], inputs: SnapshotInputs): SnapshotRoute {
  const split = inputs.splits.find(({ deploymentId }) => deploymentId === route.deploymentId)?.split ?? [];
  const revisions = inputs.revisions.filter((revision) => revision.deploymentId === route.deploymentId);
  return {
    id: route.id,
    project: route.project,
    name: route.model,
    split: split.map(({ revisionId, weight }) => ({ revisionId, weight })),
    backends: revisions.map((revision) => buildBackend(revision, inputs)),
    timeouts: route.spec.timeouts,
    access: route.spec.access,
    ...routePolicies(route, { split, revisions }),
  };
}

function buildBackend(revision: RoutableRevision, inputs: SnapshotInputs): SnapshotBackend {
  const { maxContextTokens } = revision;
  return {
    revisionId: revision.id,
    deployment: revision.deployment,
    revision: revision.number,
    model: revision.model,
    version: revision.version,
    versionDigest: revision.versionDigest,
    engine: revision.engine,
    image: revision.image,
    quantization: describeQuantization(revision.quantization),
    servedModelName: revision.servedModelName,
    maxInFlightPerReplica: revision.maxInFlightPerReplica,
    ...(maxContextTokens === null ? {} : { maxContextTokens }),
    healthPath: revision.healthPath,
    replicas: inputs.replicas.flatMap((replica) => (replica.revisionId === revision.id ? buildReplica(replica) : [])),
  };
}

function buildReplica(replica: SnapshotInputs['replicas'][number]): SnapshotReplica[] {
  const { id, address, traffic } = replica;
  if (address === null || traffic === 'none' || traffic === 'drained') return [];
  return [{ id, address, state: traffic }];
}

/** `fp8` or `fp8, kv fp8`: a label for requests, not a setting. */
function describeQuantization({ weights, kvCache }: Quantization): string | null {
  const parts = [weights, kvCache === null ? null : `kv ${kvCache}`].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}
