import { type Deployment, type Handle, type Revision, type Rollout, repositories } from '@signalbox/db';
import type {
  ClusterId,
  DeploymentId,
  Instant,
  ModelId,
  ModelVersionId,
  ProjectId,
  ReplicaId,
  RevisionId,
  RolloutId,
  RouteId,
} from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import { exampleDeployment, exampleModelVersion, exampleRoute, exampleWorkload } from './example-specs.ts';

/** What everything else hangs on. */
export interface SeededProject {
  projectId: ProjectId;
  clusterId: ClusterId;
  modelId: ModelId;
  modelVersionId: ModelVersionId;
  at: Instant;
}

const firstAt: Instant = Date.UTC(2026, 0, 1);

function written(at: Instant) {
  return { labels: {}, annotations: {}, author: 'ada', createdAt: at, updatedAt: at };
}

/** A project with a cluster, a model and one version of it. */
export async function seedProject(handle: Handle, name = 'default', at = firstAt): Promise<SeededProject> {
  const repos = repositories(handle);
  const projectId = newId() as ProjectId;
  const clusterId = newId() as ClusterId;
  const modelId = newId() as ModelId;
  const modelVersionId = newId() as ModelVersionId;
  await repos.projects.insert({ id: projectId, name, spec: { description: null }, ...written(at) });
  await repos.clusters.insert({
    id: clusterId,
    name: `${name}-here`,
    spec: { adapter: 'local', gpus: [] },
    ...written(at),
  });
  await repos.models.insert({
    id: modelId,
    projectId,
    name: 'tiny',
    spec: { description: null, licence: null },
    ...written(at),
  });
  await repos.modelVersions.insert({
    id: modelVersionId,
    projectId,
    modelId,
    name: 'tiny-v1',
    versionName: 'v1',
    spec: exampleModelVersion,
    content: exampleModelVersion,
    digest: `sha256:${'a'.repeat(64)}`,
    ...written(at),
  });
  return { projectId, clusterId, modelId, modelVersionId, at };
}

/** A deployment with its first revision and no traffic. */
export async function seedDeployment(
  handle: Handle,
  seeded: SeededProject,
  name = 'chat',
): Promise<{ deployment: Deployment; revision: Revision }> {
  const repos = repositories(handle);
  const { projectId, modelId, at } = seeded;
  const id = newId() as DeploymentId;
  await repos.deployments.insert({ id, projectId, name, modelId, spec: exampleDeployment, ...written(at) });
  const revision = await seedRevision(handle, seeded, id);
  await repos.deployments.setFirstRevision(projectId, id, revision.id);
  await repos.deploymentTraffic.insert({ deploymentId: id, projectId, split: [], updatedAt: at });
  const deployment = await repos.deployments.get(projectId, id);
  if (deployment === undefined) throw new Error(`deployment ${name} was not stored`);
  return { deployment, revision };
}

/** The deployment's next revision, with a workload of its own unless another revision's is given. */
export function seedRevision(
  handle: Handle,
  { projectId, clusterId, modelVersionId, at }: SeededProject,
  deploymentId: DeploymentId,
  workloadOf?: Revision,
): Promise<Revision> {
  const id = newId() as RevisionId;
  return repositories(handle).revisions.insert({
    id,
    projectId,
    deploymentId,
    hash: id,
    workloadHash: workloadOf?.workloadHash ?? id,
    workloadRevisionId: workloadOf?.workloadRevisionId ?? id,
    workloadName: workloadOf?.workloadName ?? `chat-${id.slice(-12)}`,
    clusterId,
    modelVersionId,
    spec: exampleDeployment,
    workload: exampleWorkload,
    placement: { pools: [], spread: 'none' },
    servedModelName: 'tiny',
    healthPath: '/health',
    maxInFlightPerReplica: null,
    author: 'ada',
    cause: 'apply',
    createdAt: at,
  });
}

/** A rollout to a revision, as it is to be inserted. */
export function rolloutTo(revision: Revision, from: Revision | null = null): Rollout {
  return {
    id: newId() as RolloutId,
    projectId: revision.projectId,
    deploymentId: revision.deploymentId,
    fromRevisionId: from?.id ?? null,
    toRevisionId: revision.id,
    policy: revision.spec.rollout,
    author: 'ada',
    cause: 'apply',
    createdAt: revision.createdAt,
  };
}

/** A ready replica without traffic. */
export async function seedReplica(handle: Handle, revision: Revision, name: string): Promise<ReplicaId> {
  const id = `${name}-${revision.id}` as ReplicaId;
  await repositories(handle).replicas.observeMany([
    {
      id,
      revisionId: revision.id,
      name,
      phase: 'ready',
      address: '127.0.0.1:8000',
      node: null,
      reason: null,
      restarts: 0,
      startedAt: revision.createdAt,
      observedAt: revision.createdAt,
    },
  ]);
  return id;
}

export async function seedRoute(
  handle: Handle,
  { projectId, at }: SeededProject,
  deployment: Deployment,
  model: string,
) {
  const id = newId() as RouteId;
  await repositories(handle).routes.insert({
    id,
    projectId,
    name: model,
    model,
    deploymentId: deployment.id,
    spec: { ...exampleRoute, model, deployment: deployment.name },
    ...written(at),
  });
  return id;
}
