import type { ApiResponse } from '@signalbox/contracts';
import { type Repositories, type Revision, repositories } from '@signalbox/db';
import { AppError } from '@signalbox/domain';
import { type Caller, keyOf, type Page, pageOfRows } from '../../http/index.ts';
import { type ChangeDeps, makeChange } from '../change.ts';
import { acceptDeployment } from './accept-deployment.ts';
import { demandDeployment, demandLiving, type NamedDeployment, withEnds } from './deployment-reader.ts';
import type { Rollouts } from './ports.ts';
import { namesOf, revisionName } from './revision-names.ts';
import { demandRevision } from './revision-reader.ts';
import { type RolloutSummaryView, rolloutDetail, rolloutSummary } from './rollout-views.ts';

export interface Target {
  project: string;
  name: string;
}

export interface RollbackAsked {
  toRevision?: number | undefined;
  reason?: string | undefined;
  waitMs: number;
}

/** What people ask of rollouts. Moving traffic and replicas is the controllers' work, behind the port. */
export class RolloutService {
  readonly #deps: ChangeDeps;
  readonly #rollouts: Rollouts;

  constructor(deps: ChangeDeps & { rollouts: Rollouts }) {
    this.#deps = deps;
    this.#rollouts = deps.rollouts;
  }

  async history(
    { project, name }: Target,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<RolloutSummaryView>> {
    const repos = repositories(this.#deps.database);
    const named = await demandDeployment(repos, project, name);
    const before = keyOf(cursor) as Parameters<Repositories['rollouts']['history']>[2]['before'];
    const rows = await repos.rollouts.history(named.project.id, named.deployment.id, { before, limit: limit + 1 });
    const { items, nextCursor } = pageOfRows(rows, limit, ({ rollout }) => rollout.id);
    const revisions = await withEnds(repos, [], items);
    const split = (await repos.deploymentTraffic.get(named.deployment.id))?.split ?? [];
    return { items: items.map((rollout) => rolloutSummary({ rollout, revisions, split })), nextCursor };
  }

  async current({ project, name }: Target): Promise<ApiResponse<'getRollout'>> {
    const repos = repositories(this.#deps.database);
    const inputs = await lastRollout(repos, await demandDeployment(repos, project, name));
    return { rollout: inputs === undefined ? null : rolloutDetail(inputs) };
  }

  async command(
    { project, name }: Target,
    kind: 'pause' | 'resume' | 'advance' | 'abort',
    reason: string | undefined,
    caller: Caller,
  ): Promise<ApiResponse<'pauseRollout'>> {
    const repos = repositories(this.#deps.database);
    const named = await demandLiving(repos, project, name);
    const { message } = await this.#rollouts.command({
      projectId: named.project.id,
      deploymentId: named.deployment.id,
      name,
      kind,
      actor: caller.name,
      reason: reason ?? null,
    });
    return { rollout: await this.#summary(repos, named), message };
  }

  /** The same request again finds the rollout under way, or what it led to: a pipeline may repeat it. */
  async promote(
    target: Target,
    { version, reason }: { version: string; reason?: string | undefined },
    caller: Caller,
  ): Promise<ApiResponse<'promote'>> {
    const outcome = await makeChange(this.#deps, caller, async (change) => {
      const { repos } = change;
      const named = await demandLiving(repos, target.project, target.name);
      const { deployment, project } = named;
      await demandVersion(repos, named, version);
      const locked = (await repos.deployments.lockForUpdate(project.id, deployment.id)) ?? deployment;
      const before = await standing(repos, { project, deployment: locked }, version);
      if (before !== undefined) return before;
      const wanted = await currentRevision(repos, locked);
      change.decisions.push({
        at: change.at,
        project,
        actor: caller.name,
        kind: 'deployment.promoted',
        subject: { kind: 'Deployment', id: deployment.id, name: deployment.name },
        change: 'updated',
        reason,
        evidence: { version, from: locked.spec.version },
      });
      if (wanted !== undefined && locked.spec.version === version) {
        // The spec says so already, but what came of it was rolled back: the rollout begins anew.
        const { id: revisionId } = wanted;
        const who = { author: caller.name, cause: 'promote', reason: reason ?? null };
        const ids = { projectId: project.id, deploymentId: deployment.id, revisionId };
        await this.#rollouts.targetChanged(change.tx, { ...ids, ...who });
        change.wakes.add(deployment.id);
        return { outcome: 'started' as const, wanted };
      }
      const spec = { ...locked.spec, version };
      const { name, labels, annotations } = locked;
      const request = { project, name, spec, labels, annotations, cause: 'promote', reason };
      const accepted = await acceptDeployment(change, this.#rollouts, locked, request);
      if (accepted.kind === 'accepted') return { outcome: 'started' as const, wanted: accepted.revision };
      const { problems } = accepted;
      throw new AppError('manifest.invalid', { count: problems.length }, { problems });
    });
    const repos = repositories(this.#deps.database);
    const rollout = await this.#summary(repos, await demandDeployment(repos, target.project, target.name));
    const wanted = revisionName(outcome.wanted);
    return { outcome: outcome.outcome, wanted, rollout, message: promoteMessage(outcome.outcome, target.name, wanted) };
  }

  async rollback(
    { project, name }: Target,
    { toRevision, reason, waitMs }: RollbackAsked,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<ApiResponse<'rollback'>> {
    const repos = repositories(this.#deps.database);
    const named = await demandLiving(repos, project, name);
    const to = toRevision === undefined ? null : await demandRevision(repos, named, toRevision);
    const outcome = await this.#rollouts.rollback({
      projectId: named.project.id,
      deploymentId: named.deployment.id,
      name,
      to,
      actor: caller.name,
      reason: reason ?? null,
      waitMs,
      signal,
    });
    const { from, to: reached, gateways, ...rest } = outcome;
    const nameOf = namesOf(await repos.revisions.findMany(from === null ? [reached] : [from, reached]));
    const toName = nameOf(reached);
    if (toName === null) throw new Error(`a rollback went to revision ${reached}, which does not exist`);
    const rollout = await this.#summary(repos, named);
    return { ...rest, from: nameOf(from), to: toName, gateways: [...gateways], rollout };
  }

  async #summary(repos: Repositories, named: NamedDeployment): Promise<RolloutSummaryView | null> {
    const inputs = await lastRollout(repos, named);
    return inputs === undefined ? null : rolloutSummary(inputs);
  }
}

async function lastRollout(repos: Repositories, { project, deployment }: NamedDeployment) {
  const [rollout] = await repos.rollouts.history(project.id, deployment.id, { limit: 1 });
  if (rollout === undefined) return undefined;
  const revisions = await withEnds(repos, [], [rollout]);
  return { rollout, revisions, split: (await repos.deploymentTraffic.get(deployment.id))?.split ?? [] };
}

async function demandVersion(repos: Repositories, { project, deployment }: NamedDeployment, version: string) {
  const { model } = deployment.spec;
  if ((await repos.modelVersions.getByVersion(project.id, deployment.modelId, version)) !== undefined) return;
  const known = (await repos.modelVersions.listByModel(project.id, deployment.modelId)).map((row) => row.versionName);
  throw new AppError('deployment.version_not_found', { model, version, known: known.join(', ') || 'none' });
}

async function currentRevision({ revisions }: Repositories, { specRevisionId }: NamedDeployment['deployment']) {
  return specRevisionId === null ? undefined : (await revisions.findMany([specRevisionId]))[0];
}

/** When nothing needs to be done: the version is stable and wanted, or its rollout is under way. */
async function standing(
  repos: Repositories,
  { deployment }: NamedDeployment,
  version: string,
): Promise<{ outcome: 'ongoing' | 'done'; wanted: Revision } | undefined> {
  const wanted = await currentRevision(repos, deployment);
  if (wanted === undefined || deployment.spec.version !== version) return undefined;
  const active = await repos.rollouts.active(deployment.id);
  if (active?.rollout.toRevisionId === wanted.id && active.status.phase !== 'rollingBack') {
    return { outcome: 'ongoing', wanted };
  }
  const traffic = await repos.deploymentTraffic.get(deployment.id);
  const isStable = active === undefined && traffic?.stableRevisionId === wanted.id;
  return isStable ? { outcome: 'done', wanted } : undefined;
}

function promoteMessage(outcome: 'started' | 'ongoing' | 'done', name: string, wanted: { version: string }): string {
  switch (outcome) {
    case 'started':
      return `The rollout of ${name} to ${wanted.version} has started.`;
    case 'ongoing':
      return `The rollout of ${name} to ${wanted.version} is under way already.`;
    case 'done':
      return `${name} serves ${wanted.version} already.`;
  }
}
