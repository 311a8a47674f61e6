import { createHash } from 'node:crypto';
import { canonicalJson } from '@signalbox/contracts';
import type { ClusterRow, ModelVersionRow, Pool } from '@signalbox/db';
import type { DeploymentSpec, PlacementSpec, Problem, WorkloadSpec } from '@signalbox/domain';
import { nearestName } from '@signalbox/domain';
import { engineNames, findEngine } from '@signalbox/engines';

/** All that a revision is rendered from. */
export interface RevisionInputs {
  project: string;
  deployment: string;
  spec: DeploymentSpec;
  version: ModelVersionRow;
  cluster: ClusterRow;
  /** The pools that the spec names. */
  pools: readonly Pool[];
  /** All pools of the cluster, for what GPUs there are when the spec names none. */
  clusterPools: readonly Pool[];
}

export interface RenderedRevision {
  hash: string;
  workloadHash: string;
  workloadName: string;
  workload: WorkloadSpec;
  placement: PlacementSpec;
  servedModelName: string;
  healthPath: string;
  maxInFlightPerReplica: number | null;
  maxContextTokens: number | null;
}

export type RevisionRendering =
  | { kind: 'rendered'; revision: RenderedRevision }
  | { kind: 'refused'; problems: readonly Problem[] };

const defaultGpuResource = 'nvidia.com/gpu';

export function renderRevision(inputs: RevisionInputs): RevisionRendering {
  const { spec, version, pools, clusterPools } = inputs;
  const engine = findEngine(spec.engine.name);
  if (engine === undefined) return { kind: 'refused', problems: [unknownEngine(spec.engine.name)] };
  const candidates = pools.length > 0 ? pools : clusterPools;
  const resources = [...new Set(candidates.map((pool) => pool.spec.gpuResource))];
  if (resources.length > 1) return { kind: 'refused', problems: [mixedResources(resources)] };
  const rendering = engine.render({
    deployment: spec,
    version: { ...version.content, digest: version.digest },
    gpuProducts: gpuProducts(inputs, candidates),
    gpuResource: resources[0] ?? defaultGpuResource,
  });
  if (rendering.kind === 'refused') return rendering;
  const { kind: _, workload, ...serving } = rendering;
  const placement = placementOf(spec, pools);
  return { kind: 'rendered', revision: { ...identity(inputs, workload, placement), workload, placement, ...serving } };
}

function gpuProducts({ cluster }: RevisionInputs, pools: readonly Pool[]): readonly string[] {
  const ofPools = pools.flatMap((pool) => pool.spec.gpuProduct ?? []);
  if (ofPools.length > 0 || cluster.spec.adapter !== 'local') return [...new Set(ofPools)];
  return [...new Set(cluster.spec.gpus.map(({ product }) => product))];
}

function placementOf(spec: DeploymentSpec, pools: readonly Pool[]): PlacementSpec {
  return {
    pools: pools.map(({ name, spec: { gpuProduct, nodeSelector, tolerations } }) => ({
      pool: name,
      gpuProduct,
      nodeSelector,
      tolerations,
    })),
    spread: spec.placement.spread,
  };
}

/** Names and version are part of the workload: equal pods of two deployments, or of two versions, are never shared. */
function identity(inputs: RevisionInputs, workload: WorkloadSpec, placement: PlacementSpec) {
  const { project, deployment, cluster, version, spec } = inputs;
  const versionDigest = version.digest;
  const workloadHash = sha256({ project, deployment, cluster: cluster.name, versionDigest, workload, placement });
  return {
    hash: sha256({ spec, workloadHash }),
    workloadHash,
    workloadName: workloadName(project, deployment, workloadHash),
  };
}

const longestLabel = 63;
const hashLength = 10;

/** A DNS label, unique in its cluster through the hash, and readable as long as the names are not too long. */
export function workloadName(project: string, deployment: string, workloadHash: string): string {
  const readable = project === 'default' ? deployment : `${project}-${deployment}`;
  const fitting = readable.slice(0, longestLabel - hashLength - 1).replace(/[^a-z0-9]+$/, '');
  return `${fitting}-${workloadHash.slice(0, hashLength)}`;
}

function sha256(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function unknownEngine(name: string): Problem {
  const nearest = nearestName(name, engineNames());
  const message = `there is no engine ${name}`;
  return { path: 'spec.engine.name', message, allowed: engineNames(), ...(nearest === undefined ? {} : { nearest }) };
}

function mixedResources(resources: readonly string[]): Problem {
  const message = `the pools offer GPUs under different names (${resources.join(', ')}); name pools of one kind`;
  return { path: 'spec.placement.pools', message };
}
