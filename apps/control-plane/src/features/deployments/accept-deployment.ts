import type { Deployment, Project, Revision } from '@signalbox/db';
import type { DeploymentId, DeploymentSpec, Problem, RevisionId } from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import { type Change, StaleRow } from '../change.ts';
import type { RolloutStarter } from './ports.ts';
import { renderRevision } from './render-revision.ts';
import { type ResolvedReferences, resolveReferences } from './resolve-references.ts';

export interface WantedDeployment {
  project: Project;
  name: string;
  spec: DeploymentSpec;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** `apply`, `promote`. */
  cause: string;
  reason?: string | undefined;
}

export type Acceptance =
  | { kind: 'accepted'; id: DeploymentId; revision: Revision }
  | { kind: 'refused'; problems: readonly Problem[] };

/** Takes a new or changed spec: renders it, makes its revision, and has the rollout started. */
export async function acceptDeployment(
  change: Change,
  rollouts: RolloutStarter,
  existing: Deployment | undefined,
  wanted: WantedDeployment,
): Promise<Acceptance> {
  const { project, spec, name } = wanted;
  const resolved = await resolveReferences(change.repos, project, spec);
  if (resolved.kind === 'missing') return { kind: 'refused', problems: resolved.problems };
  const { references } = resolved;
  const rendering = renderRevision({ project: project.name, deployment: name, spec, ...references });
  if (rendering.kind === 'refused') return rendering;

  const id = existing?.id ?? (newId(change.at) as DeploymentId);
  if (existing === undefined) await insertDeployment(change, id, wanted, references);
  const revision = await insertRevision(change, id, wanted, references, rendering.revision);
  if (existing === undefined) await change.repos.deployments.setFirstRevision(project.id, id, revision.id);
  else await updateDeployment(change, existing, wanted, references, revision.id);
  await rollouts.targetChanged(change.tx, {
    projectId: project.id,
    deploymentId: id,
    revisionId: revision.id,
    author: change.caller.name,
    cause: wanted.cause,
    reason: wanted.reason ?? null,
  });
  change.wakes.add(id);
  return { kind: 'accepted', id, revision };
}

async function insertDeployment(
  { repos, at, caller }: Change,
  id: DeploymentId,
  { project, name, spec, labels, annotations }: WantedDeployment,
  { modelId }: ResolvedReferences,
): Promise<void> {
  const written = { spec, labels, annotations, author: caller.name, createdAt: at, updatedAt: at };
  const outcome = await repos.deployments.insert({ id, projectId: project.id, name, modelId, ...written });
  if (outcome === 'duplicate') throw new StaleRow();
}

async function updateDeployment(
  { repos, at, caller }: Change,
  existing: Deployment,
  { project, spec, labels, annotations }: WantedDeployment,
  { modelId }: ResolvedReferences,
  specRevisionId: RevisionId,
): Promise<void> {
  const written = { spec, labels, annotations, author: caller.name, at, expectedVersion: existing.version };
  const updated = await repos.deployments.update(project.id, existing.id, { ...written, modelId, specRevisionId });
  if (!updated) throw new StaleRow();
}

/** A revision that differs only in policy keeps the pods of the first one with its workload. */
async function insertRevision(
  { repos, at, caller }: Change,
  deploymentId: DeploymentId,
  { project, spec, cause }: WantedDeployment,
  { cluster, version }: ResolvedReferences,
  rendered: Extract<ReturnType<typeof renderRevision>, { kind: 'rendered' }>['revision'],
): Promise<Revision> {
  const first = await repos.revisions.findByWorkloadHash(project.id, deploymentId, rendered.workloadHash);
  const id = newId(at) as RevisionId;
  return repos.revisions.insert({
    ...rendered,
    id,
    projectId: project.id,
    deploymentId,
    workloadRevisionId: first?.workloadRevisionId ?? id,
    clusterId: cluster.id,
    modelVersionId: version.id,
    spec,
    author: caller.name,
    cause,
    createdAt: at,
  });
}
