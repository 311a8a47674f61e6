import type { Deployment, Removal, Route } from '@signalbox/db';
import { AppError } from '@signalbox/domain';
import { type Change, StaleRow } from '../../change.ts';
import type { FoundObject } from './find-object.ts';
import { type User, usersOf } from './users-of.ts';

export interface RemoveOptions {
  /** Also what carries traffic. */
  yes: boolean;
  /** What asked, for the ledger: `delete`, `prune`. */
  cause: string;
  /** Manifest keys of what stays for now but is to go. */
  leaving?: ReadonlySet<string>;
}

export type RemovalOutcome =
  | { kind: 'deleted' }
  /** A deployment is marked: its controllers take the replicas down first. */
  | { kind: 'deleting' }
  /** Only what is on its way out, or history, still refers to it. Nothing was changed. */
  | { kind: 'kept'; users: readonly string[] };

/** Removes an object that nothing refers to. Throws `resource.in_use` when something does that is there to stay. */
export async function removeObject(
  change: Change,
  found: FoundObject,
  options: RemoveOptions,
): Promise<RemovalOutcome> {
  if (found.kind === 'Deployment') await releaseRoutes(change, found.row, options);
  const users = await usersOf(change.repos, found);
  const leaving = (user: User) => user.leaving || (user.key !== undefined && (options.leaving?.has(user.key) ?? false));
  const staying = users.filter((user) => !leaving(user));
  if (staying.length > 0)
    throw inUse(
      found,
      staying.map(({ name }) => name),
    );
  if (users.length > 0) return { kind: 'kept', users: users.map(({ name }) => name) };
  const outcome = found.kind === 'Deployment' ? await markDeleted(change, found.row) : await removeRow(change, found);
  if (outcome === 'inUse')
    return { kind: 'kept', users: ['revisions of deployments, which keep what they were made from'] };
  await recordRemoval(change, found, options);
  return { kind: found.kind === 'Deployment' ? 'deleting' : 'deleted' };
}

async function recordRemoval(
  change: Change,
  { kind, row, project }: FoundObject,
  { cause }: RemoveOptions,
): Promise<void> {
  if (kind === 'Route') change.touchesSnapshot = true;
  await change.repos.appliedObjects.forget({ kind, project: project?.name ?? '', name: row.name });
  change.decisions.push({
    at: change.at,
    project,
    actor: change.caller.name,
    kind: `${kind.charAt(0).toLowerCase()}${kind.slice(1)}.deleted`,
    subject: { kind, id: row.id, name: row.name },
    change: 'deleted',
    evidence: { cause, version: row.version },
  });
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

/** Holds the traffic, so that none comes while the deployment goes. */
export async function carriesTraffic({ repos }: Change, { id }: Pick<Deployment, 'id'>): Promise<boolean> {
  const traffic = await repos.deploymentTraffic.lockForUpdate(id);
  return traffic !== undefined && traffic.split.length > 0;
}

export function carrying(name: string, routes: readonly Pick<Route, 'name'>[]): AppError {
  return new AppError('deployment.carries_traffic', { name, routes: routes.map((route) => route.name).join(', ') });
}

export function inUse({ kind, row }: FoundObject, users: readonly string[]): AppError {
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
