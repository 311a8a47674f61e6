import type { ClusterId, PoolId, ProjectId } from '@signalbox/domain';
import { demandRole } from '../../http/index.ts';
import { missing } from '../deployments/index.ts';
import type { Applied, ApplyContext } from './apply-context.ts';
import { type DocumentOf, writeObject } from './write-object.ts';

export async function applyProject(context: ApplyContext, document: DocumentOf<'Project'>): Promise<Applied> {
  const { projects } = context.change.repos;
  const applied = await writeObject(context, document, {
    project: null,
    existing: await projects.getByName(document.manifest.metadata.name),
    insert: (id, row) => asAdmin(context, () => projects.insert({ ...row, id: id as ProjectId })),
    update: (id, change) => asAdmin(context, () => projects.update(id as ProjectId, change)),
  });
  // Gateways know a project by the limits of its keys; a new one has no keys yet.
  if (applied?.fields?.some(({ path }) => path === 'spec.limits')) context.change.touchesSnapshot = true;
  return applied;
}

export async function applyCluster(context: ApplyContext, document: DocumentOf<'Cluster'>): Promise<Applied> {
  const { clusters } = context.change.repos;
  const { metadata, spec } = document.manifest;
  const existing = await clusters.getByName(metadata.name);
  if (existing !== undefined && existing.spec.adapter !== spec.adapter) {
    const message = `the adapter of a cluster never changes (it is ${existing.spec.adapter}); apply it under another name`;
    context.refusals.addProblems(document, [{ path: 'spec', message }]);
    return undefined;
  }
  return writeObject(context, document, {
    project: null,
    existing,
    insert: (id, row) => asAdmin(context, () => clusters.insert({ ...row, id: id as ClusterId })),
    update: (id, change) => asAdmin(context, () => clusters.update(id as ClusterId, change)),
  });
}

export async function applyPool(context: ApplyContext, document: DocumentOf<'Pool'>): Promise<Applied> {
  const { pools, clusters } = context.change.repos;
  const { metadata, spec } = document.manifest;
  const cluster = await clusters.getByName(spec.cluster);
  if (cluster === undefined) {
    if (context.refusals.covers('Cluster', null, spec.cluster)) return undefined;
    const known = (await clusters.list()).map(({ name }) => name);
    context.refusals.addProblems(document, [missing('Cluster', spec.cluster, 'spec.cluster', known)]);
    return undefined;
  }
  return writeObject(context, document, {
    project: null,
    existing: await pools.getByName(metadata.name),
    insert: (id, row) => asAdmin(context, () => pools.insert({ ...row, id: id as PoolId, clusterId: cluster.id })),
    update: (id, change) => asAdmin(context, () => pools.update(id as PoolId, { ...change, clusterId: cluster.id })),
  });
}

/** What describes the installation is for admins; operators may apply sets that contain it unchanged. */
async function asAdmin<T>({ change }: ApplyContext, work: () => Promise<T>): Promise<T> {
  demandRole(change.caller, 'admin');
  return work();
}
