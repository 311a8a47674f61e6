import { type Database, repositories } from '@signalbox/db';
import { type DeploymentId, type ReplicaId, WHOLE } from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import {
  exampleDeployment,
  type SeededProject,
  seedProject,
  seedRevision,
  seedRoute,
} from '@signalbox/testkit/postgres';

export interface FleetSize {
  deployments: number;
  replicas: number;
}

const atOnce = 8;

/** Deployments that have long been rolled out: every replica serves and nothing is left to do. */
export async function seedFleet(database: Database, size: FleetSize): Promise<void> {
  const project = await seedProject(database);
  const numbers = Array.from({ length: size.deployments }, (_, i) => i + 1).values();
  const worker = async (): Promise<void> => {
    for (const number of numbers) await seedSettled(database, project, `chat-${number}`, size.replicas);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function seedSettled(database: Database, project: SeededProject, name: string, count: number): Promise<void> {
  const repos = repositories(database);
  const { projectId, clusterId, modelId, at } = project;
  const id = newId() as DeploymentId;
  const scaling = { ...exampleDeployment.scaling, min: count, max: count };
  const written = { labels: {}, annotations: {}, author: 'bench', createdAt: at, updatedAt: at };
  const spec = { ...exampleDeployment, scaling };
  await repos.deployments.insert({ id, projectId, name, modelId, spec, ...written });
  const revision = await seedRevision(database, project, id);
  await repos.deployments.setFirstRevision(projectId, id, revision.id);
  const split = [{ revisionId: revision.id, weight: WHOLE }];
  const traffic = { deploymentId: id, projectId, split, stableRevisionId: revision.id, updatedAt: at };
  await repos.deploymentTraffic.insert(traffic);
  const role = {
    revisionId: revision.id,
    deploymentId: id,
    role: 'stable',
    capacityShare: WHOLE,
    updatedAt: at,
  } as const;
  await repos.revisionRoles.set(role);
  await repos.deploymentScale.set({ deploymentId: id, replicas: count, reason: 'seeded', updatedAt: at });
  await repos.replicaCounts.set({
    revisionId: revision.id,
    deploymentId: id,
    desired: count,
    reason: 'seeded',
    updatedAt: at,
  });
  const status = {
    revisionId: revision.id,
    clusterId,
    wantedReplicas: count,
    drift: [],
    problem: null,
    observedAt: at,
  };
  await repos.workloadStatus.saveMany([status]);
  await seedServing(database, revision.id, count, at);
  const deployment = await repos.deployments.get(projectId, id);
  if (deployment !== undefined) await seedRoute(database, project, deployment, name);
}

async function seedServing(database: Database, revisionId: SeededRevisionId, count: number, at: number): Promise<void> {
  const { replicas } = repositories(database);
  const rows = Array.from({ length: count }, (_, i) => ({
    id: `${revisionId}-${i}` as ReplicaId,
    revisionId,
    name: `replica-${i}`,
    phase: 'ready' as const,
    address: `10.0.0.${i + 1}:8000`,
    node: `node-${i}`,
    reason: null,
    restarts: 0,
    startedAt: at,
    observedAt: at,
  }));
  await replicas.observeMany(rows);
  for (const row of rows) {
    await replicas.setTraffic(row.id, 'none', 'serving', at);
    await replicas.setProof(row, { provenAt: at });
  }
}

type SeededRevisionId = Awaited<ReturnType<typeof seedRevision>>['id'];
