import type { Deployment, Removal, Route } from '@signalbox/db';
import { AppError } from '@signalbox/domain';
import { type Change, StaleRow } from '../../change.ts';
import type { FoundObject } from './find-object.ts';
import { usersOf } from './users-of.ts';

export interface RemoveOptions {
  /** Also what carries traffic. */
  yes: boolean;
  /** Who asked, for the ledger: `delete`, `prune`. */
  cause: string;
}

/** Removes an object that nothing refers to. A deployment is marked: its controllers take the replicas down first. */
export async function removeObject(
  change: Change,
  found: FoundObject,
  options: RemoveOptions,
): Promise<'deleted' | 'deleting'> {
  const { repos } = change;
  if (found.kind === 'Deployment') await releaseRoutes(change, found.row, options);
  await demandUnused(change, found);
  const outcome = found.kind === 'Deployment' ? await markDeleted(change, found.row) : await removeRow(change, found);
  if (outcome === 'inUse') throw inUse(found, ['revisions of deployments, which keep what they were made from']);
  if (found.kind === 'Route') change.touchesSnapshot = true;
  await repos.appliedObjects.forget({ kind: found.kind, project: found.project?.name ?? '', name: found.row.name });
  change.decisions.push({
    at: change.at,
    project: found.project,
    actor: change.caller.name,
    kind: `${lowerFirst(found.kind)}.deleted`,
    subject: { kind: found.kind, id: found.row.id, name: found.row.name },
    change: 'deleted',
    evidence: { cause: options.cause, version: found.row.version },
  });
  return found.kind === 'Deployment' ? 'deleting' : 'deleted';
}

/** A deployment that serves goes only when that was said; then its routes go with it. */
async function releaseRoutes(change: Change, deployment: Deployment, options: RemoveOptions): Promise<void> {
  const { repos } = change;
  const routes = await repos.routes.listByDeployment(deployment.projectId, deployment.id);
  if (routes.length > 0 && !options.yes && (await carriesTraffic(change, deployment))) {
    throw carrying(deployment.name, routes);
  }
  if (!options.yes) return;
  const project = (await repos.projects.get(deployment.projectId)) ?? null;
  for (const row of routes) await removeObject(change, { kind: 'Route', row, project }, options);
}

export async function carriesTraffic({ repos }: Change, { id }: Pick<Deployment, 'id'>): Promise<boolean> {
  const traffic = await repos.deploymentTraffic.lockForUpdate(id);
  return traffic !== undefined && traffic.split.length > 0;
}

export function carrying(name: string, routes: readonly Pick<Route, 'name'>[]): AppError {
  return new AppError('deployment.carries_traffic', { name, routes: routes.map((route) => route.name).join(', ') });
}

async function demandUnused({ repos }: Change, found: FoundObject): Promise<void> {
  const users = await usersOf(repos, found);
  if (users.length > 0) throw inUse(found, users);
}

function inUse({ kind, row }: FoundObject, users: readonly string[]): AppError {
  const shown = users.length > 5 ? [...users.slice(0, 5), `${users.length - 5} more`] : users;
  return new AppError('resource.in_use', { kind, name: row.name, users: shown.join(', ') });
}

async function markDeleted({ repos, at, caller, wakes }: Change, row: Deployment): Promise<Removal> {
  const by = { expectedVersion: row.version, author: caller.name, at };
  if (!(await repos.deployments.markDeleted(row.projectId, row.id, by))) throw new StaleRow();
  wakes.add(row.id);
  return 'removed';
}

function removeRow({ repos }: Change, { kind, row }: Exclude<FoundObject, { kind: 'Deployment' }>): Promise<Removal> {
  switch (kind) {
    case 'Project':
      return repos.projects.remove(row.id);
    case 'Cluster':
      return repos.clusters.remove(row.id);
    case 'Pool':
      return repos.pools.remove(row.id);
    case 'Model':
      return repos.models.remove(row.projectId, row.id);
    case 'ModelVersion':
      return repos.modelVersions.remove(row.projectId, row.id);
    case 'Route':
      return repos.routes.remove(row.projectId, row.id);
  }
}

function lowerFirst(kind: string): string {
  return kind.charAt(0).toLowerCase() + kind.slice(1);
}
