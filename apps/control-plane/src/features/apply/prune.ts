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
  type RemovalOutcome,
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
  const found: FoundObject[] = [];
  for (const object of dropped) found.push(...(await find(context, object)));
  found.sort((a, b) => order(b) - order(a));
  // Before any of it is removed: a route that goes first would hide that its deployment serves.
  if (!yes) await demandIdle(context, found);
  const leaving = new Set<string>();
  const changes: AppliedChange[] = [];
  for (const object of found) {
    const { kind, project, row } = object;
    if (isInstallationKind(kind)) demandRole(change.caller, 'admin');
    const outcome = await removeObject(change, object, { yes, cause: 'prune', leaving });
    if (outcome.kind === 'kept') leaving.add(manifestKey(kind, project?.name ?? null, row.name));
    changes.push({ kind, project: project?.name ?? null, name: row.name, ...changeFor(outcome) });
  }
  return changes;
}

/** What is kept stays in the inventory: a later prune takes it. */
function changeFor(outcome: RemovalOutcome): Pick<AppliedChange, 'change' | 'note'> {
  if (outcome.kind !== 'kept') return { change: 'deleted' };
  return { change: 'unchanged', note: `kept for now, used by ${outcome.users.join(', ')}` };
}

async function find({ change }: ApplyContext, object: AppliedObject): Promise<readonly FoundObject[]> {
  const { repos } = change;
  const name = { kind: object.kind as FoundObject['kind'], project: object.project || null, name: object.name };
  const gone = name.project !== null && (await repos.projects.getByName(name.project)) === undefined;
  const found = gone ? undefined : await findObject(repos, name);
  if (found !== undefined) return [found];
  await repos.appliedObjects.forget({ ...name, project: object.project });
  return [];
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
