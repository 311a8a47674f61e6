import { manifestKey } from '@signalbox/contracts';
import type { AppliedObject } from '@signalbox/db';
import { MANIFEST_KINDS, type ManifestKind } from '@signalbox/domain';
import { demandRole } from '../../http/index.ts';
import {
  carriesTraffic,
  carrying,
  type FoundObject,
  findObject,
  isInstallationKind,
  removeObject,
} from '../resources/index.ts';
import type { AppliedChange, ApplyContext } from './apply-context.ts';
import { type Document, objectKey } from './document.ts';

export interface PruneOptions {
  source: string;
  /** Also deployments that carry traffic. */
  yes: boolean;
}

/** Removes what the source once applied and no longer contains. What refers to others goes before them. */
export async function prune(
  context: ApplyContext,
  documents: readonly Document[],
  { source, yes }: PruneOptions,
): Promise<AppliedChange[]> {
  const { change } = context;
  const kept = new Set(documents.map(({ manifest }) => objectKey(manifest)));
  const inventory = await change.repos.appliedObjects.listBySource(source);
  const dropped = inventory.filter(
    ({ kind, project, name }) => !kept.has(manifestKey(kind as ManifestKind, project || null, name)),
  );
  const found = (await Promise.all(dropped.map((object) => find(context, object)))).filter((one) => one !== undefined);
  found.sort((a, b) => order(b) - order(a));
  // Before any of it is removed: a route that goes first would hide that its deployment serves.
  if (!yes) await demandIdle(context, found);
  const changes: AppliedChange[] = [];
  for (const object of found) {
    const { kind, project, row } = object;
    if (isInstallationKind(kind)) demandRole(change.caller, 'admin');
    await removeObject(change, object, { yes, cause: 'prune' });
    changes.push({ kind, project: project?.name ?? null, name: row.name, change: 'deleted' });
  }
  return changes;
}

async function find({ change }: ApplyContext, object: AppliedObject): Promise<FoundObject | undefined> {
  const { repos } = change;
  const name = { kind: object.kind as FoundObject['kind'], project: object.project || null, name: object.name };
  const gone = name.project !== null && (await repos.projects.getByName(name.project)) === undefined;
  const found = gone ? undefined : await findObject(repos, name);
  if (found === undefined) await repos.appliedObjects.forget({ ...name, project: object.project });
  return found;
}

async function demandIdle({ change }: ApplyContext, found: readonly FoundObject[]): Promise<void> {
  const { repos } = change;
  for (const { kind, row } of found) {
    if (kind === 'Deployment') {
      const routes = await repos.routes.listByDeployment(row.projectId, row.id);
      if (routes.length > 0 && (await carriesTraffic(change, row))) throw carrying(row.name, routes);
    }
    if (kind === 'Route' && (await carriesTraffic(change, { id: row.deploymentId }))) {
      const deployment = await repos.deployments.get(row.projectId, row.deploymentId);
      throw carrying(deployment?.name ?? row.name, [row]);
    }
  }
}

function order({ kind }: FoundObject): number {
  return MANIFEST_KINDS.indexOf(kind);
}
