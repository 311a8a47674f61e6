import type { ClusterRow, ModelVersionRow, Pool, Project, Repositories } from '@signalbox/db';
import { type DeploymentSpec, type ModelId, nearestName, type Problem } from '@signalbox/domain';

export interface ResolvedReferences {
  modelId: ModelId;
  version: ModelVersionRow;
  cluster: ClusterRow;
  pools: readonly Pool[];
  clusterPools: readonly Pool[];
}

export type References =
  | { kind: 'resolved'; references: ResolvedReferences }
  | { kind: 'missing'; problems: readonly Problem[] };

/** What a deployment's spec names, or everything of it that does not exist. */
export async function resolveReferences(
  repos: Repositories,
  project: Project,
  spec: DeploymentSpec,
): Promise<References> {
  const problems: Problem[] = [];
  const found = await findVersion(repos, project, spec, problems);
  const cluster = await repos.clusters.getByName(spec.placement.cluster);
  if (cluster === undefined) {
    const known = (await repos.clusters.list()).map(({ name }) => name);
    problems.push(missing('Cluster', spec.placement.cluster, 'spec.placement.cluster', known));
  }
  const pools = await findPools(repos, cluster, spec, problems);
  if (problems.length > 0 || found === undefined || cluster === undefined) return { kind: 'missing', problems };
  const clusterPools = await repos.pools.listByCluster(cluster.id);
  return { kind: 'resolved', references: { ...found, cluster, pools, clusterPools } };
}

async function findVersion(
  repos: Repositories,
  project: Project,
  spec: DeploymentSpec,
  problems: Problem[],
): Promise<Pick<ResolvedReferences, 'modelId' | 'version'> | undefined> {
  const model = await repos.models.getByName(project.id, spec.model);
  if (model === undefined) {
    const known = (await repos.models.list(project.id, { limit: 500 })).map(({ name }) => name);
    problems.push(missing('Model', spec.model, 'spec.model', known, ` in project ${project.name}`));
    return undefined;
  }
  const version = await repos.modelVersions.getByVersion(project.id, model.id, spec.version);
  if (version !== undefined) return { modelId: model.id, version };
  const known = (await repos.modelVersions.listByModel(project.id, model.id)).map(({ versionName }) => versionName);
  problems.push(missing('version', spec.version, 'spec.version', known, ` of model ${spec.model}`));
  return undefined;
}

async function findPools(
  repos: Repositories,
  cluster: ClusterRow | undefined,
  spec: DeploymentSpec,
  problems: Problem[],
): Promise<readonly Pool[]> {
  const pools: Pool[] = [];
  for (const [i, name] of spec.placement.pools.entries()) {
    const path = `spec.placement.pools[${i}]`;
    const pool = await repos.pools.getByName(name);
    if (pool === undefined) {
      const known = (await repos.pools.list()).map((candidate) => candidate.name);
      problems.push(missing('Pool', name, path, known));
    } else if (cluster !== undefined && pool.clusterId !== cluster.id) {
      const message = `Pool ${name} is on cluster ${pool.spec.cluster}, not on ${cluster.name}; all pools are on one cluster`;
      problems.push({ path, message });
    } else pools.push(pool);
  }
  return pools;
}

export function missing(what: string, name: string, path: string, known: readonly string[], where = ''): Problem {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  const message = `there is no ${what} ${name}${where}${hint}`;
  return { path, message, allowed: known.slice(0, 20), ...(nearest === undefined ? {} : { nearest }) };
}
