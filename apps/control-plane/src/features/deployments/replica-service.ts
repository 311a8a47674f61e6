import type { ApiResponse } from '@signalbox/contracts';
import {
  type DeploymentWorld,
  deploymentWorld,
  type Gateway,
  type Replica,
  type Repositories,
  repositories,
} from '@signalbox/db';
import type { Instant, WorkloadRef } from '@signalbox/domain';
import type { Caller } from '../../http/index.ts';
import { type ChangeDeps, makeChange } from '../change.ts';
import { notFound } from '../find-project.ts';
import { iso, isoOrNull } from '../instants.ts';
import { demandDeployment, demandLiving } from './deployment-reader.ts';
import type { ReplicaLogs, Restarts } from './ports.ts';
import type { Target } from './rollout-service.ts';

type ReplicaView = ApiResponse<'listReplicas'>['items'][number];
type LogsView = ApiResponse<'readLogs'>['replicas'][number];

export interface ReplicaServiceDeps extends ChangeDeps {
  restarts: Restarts;
  logs: ReplicaLogs;
  silentAfterMs: number;
}

export class ReplicaService {
  readonly #deps: ReplicaServiceDeps;

  constructor(deps: ReplicaServiceDeps) {
    this.#deps = deps;
  }

  async list(target: Target): Promise<ApiResponse<'listReplicas'>> {
    const { repos, world } = await this.#world(target);
    const clusters = new Map((await repos.clusters.list()).map(({ id, name }) => [id, name]));
    const live = await repos.gateways.listLive(this.#deps.clock.now() - this.#deps.silentAfterMs);
    const items = world.replicas.flatMap((replica) => {
      const revision = world.revisions.find(({ id }) => id === replica.revisionId);
      if (revision === undefined) return [];
      const place = { version: revision.spec.version, cluster: clusters.get(revision.clusterId) ?? '' };
      return [{ ...view(replica), revision: revision.number, ...place, inFlight: inFlight(replica, live) }];
    });
    return { items };
  }

  async logs(target: Target, asked: { replica?: string | undefined; lines: number }): Promise<ApiResponse<'readLogs'>> {
    const { world } = await this.#world(target);
    const { replica: wanted } = asked;
    const chosen = world.replicas.filter(({ id, name }) => wanted === undefined || id === wanted || name === wanted);
    if (wanted !== undefined && chosen.length === 0) throw notFound('replica', wanted, target.project);
    return { replicas: await Promise.all(chosen.map((replica) => this.#logsOf(world, replica, asked.lines))) };
  }

  async scale(
    { project, name }: Target,
    replicas: number | null,
    reason: string | undefined,
    caller: Caller,
  ): Promise<ApiResponse<'scale'>> {
    return makeChange(this.#deps, caller, async (change) => {
      const { repos, at } = change;
      const named = await demandLiving(repos, project, name);
      const { id: deploymentId, spec } = named.deployment;
      if (replicas === null) await repos.scaleOverrides.clear(deploymentId);
      else await repos.scaleOverrides.set({ deploymentId, replicas, author: caller.name, createdAt: at });
      change.decisions.push({
        at,
        project: named.project,
        actor: caller.name,
        kind: 'deployment.scaled',
        subject: { kind: 'Deployment', id: deploymentId, name },
        change: 'updated',
        reason,
        evidence: { replicas },
      });
      change.wakes.add(deploymentId);
      const bounds = { min: spec.scaling.min, max: spec.scaling.max };
      return { override: replicas, bounds, message: scaleMessage(name, replicas, bounds) };
    });
  }

  async restart(
    { project, name }: Target,
    reason: string | undefined,
    caller: Caller,
  ): Promise<ApiResponse<'restart'>> {
    const named = await demandLiving(repositories(this.#deps.database), project, name);
    const { replicas } = await this.#deps.restarts.restart({
      projectId: named.project.id,
      deploymentId: named.deployment.id,
      actor: caller.name,
      reason: reason ?? null,
    });
    return { replicas, message: `${replicas} replicas of ${name} are replaced, one after the other.` };
  }

  async #world({ project, name }: Target): Promise<{ repos: Repositories; world: DeploymentWorld }> {
    const repos = repositories(this.#deps.database);
    const { deployment } = await demandDeployment(repos, project, name);
    const world = await deploymentWorld(this.#deps.database, deployment.id);
    if (world === undefined) throw notFound('Deployment', name, project);
    return { repos, world };
  }

  async #logsOf(world: DeploymentWorld, replica: Replica, lines: number): Promise<LogsView> {
    const revision = world.revisions.find(({ id }) => id === replica.revisionId);
    const about = { id: replica.id, name: replica.name, revision: revision?.number ?? 1, phase: replica.phase };
    const ref = workloadRef(world, replica);
    if (revision === undefined || ref === undefined) return { ...about, lines: [], error: 'its revision is gone' };
    try {
      const read = await this.#deps.logs.read({ clusterId: revision.clusterId, ref, replica: replica.id, lines });
      return { ...about, lines: [...read], error: null };
    } catch (error) {
      return { ...about, lines: [], error: error instanceof Error ? error.message : 'the cluster does not answer' };
    }
  }
}

export function workloadRef({ deployment, revisions }: DeploymentWorld, replica: Replica): WorkloadRef | undefined {
  const revision = revisions.find(({ id }) => id === replica.revisionId);
  if (revision === undefined) return undefined;
  const { projectId, id: deploymentId } = deployment;
  return { name: revision.workloadName, projectId, deploymentId, revisionId: revision.id };
}

function view(replica: Replica): Omit<ReplicaView, 'revision' | 'version' | 'cluster' | 'inFlight'> {
  const { id, name, phase, traffic, node, address, reason, restarts, proofError } = replica;
  const instants: Record<'trafficSince' | 'observedAt', Instant> = replica;
  return {
    id,
    name,
    phase,
    traffic,
    trafficSince: iso(instants.trafficSince),
    node,
    address,
    reason,
    restarts,
    startedAt: isoOrNull(replica.startedAt),
    provenAt: isoOrNull(replica.provenAt),
    proofError,
    observedAt: iso(instants.observedAt),
  };
}

/** Null when no gateway has told: that is not the same as none. */
function inFlight({ id }: Replica, live: readonly Gateway[]): number | null {
  const told = live.flatMap(({ report }) => report.replicas.filter(({ replicaId }) => replicaId === id));
  return told.length === 0 ? null : told.reduce((sum, row) => sum + row.inFlight, 0);
}

function scaleMessage(name: string, replicas: number | null, { min, max }: { min: number; max: number }): string {
  if (replicas === null) return `${name} is scaled by demand again, between ${min} and ${max}.`;
  const beyond = replicas < min || replicas > max ? `, outside of its bounds ${min} to ${max},` : '';
  return `${name} keeps ${replicas} replicas${beyond} until that is cleared.`;
}
