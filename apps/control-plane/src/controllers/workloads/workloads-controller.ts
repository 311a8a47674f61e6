import { type Replica, repositories } from '@signalbox/db';
import {
  type Cluster,
  type ClusterId,
  type ClusterObservation,
  type DeploymentId,
  planReplicas,
  type ReplicaMove,
  type ReplicaPlan,
  type RevisionId,
  type Workload,
} from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { after, type Controller, done, type Outcome, soonest, TerminalError } from '../loop/index.ts';
import { type DeploymentWorld, loadWorld, type WorldRole, type WorldSources } from '../world/index.ts';
import type { Prover } from './prover.ts';
import { storeObservation } from './store-observation.ts';

/** Where a workload runs: its cluster, and a way to have it looked at again soon. */
export interface WorkloadPlace {
  cluster: Cluster;
  refreshSoon(): void;
}

const UNKNOWN_MS = 5_000;
/** While replicas come or go, gateways' reports are looked at this often even if no wake-up comes. */
const SETTLING_MS = 500;

/** Makes clusters hold what roles and counts ask for, and decides which replica may take traffic. */
export class WorkloadsController implements Controller {
  readonly name = 'workloads';
  readonly #sources: WorldSources;
  readonly #place: (cluster: ClusterId) => WorkloadPlace | undefined;
  readonly #prover: Prover;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(options: {
    sources: WorldSources;
    place: (cluster: ClusterId) => WorkloadPlace | undefined;
    prover: Prover;
    clock: Clock;
    log: Logger;
  }) {
    this.#sources = options.sources;
    this.#place = options.place;
    this.#prover = options.prover;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  async reconcile(id: DeploymentId): Promise<Outcome> {
    const seen = await loadWorld(this.#sources, id, this.#clock.now());
    if (seen === undefined) return done;
    let stored = false;
    for (const role of seen.roles) {
      const observation = seen.observationOf(role.revisionId);
      if (observation.kind === 'unknown') continue;
      stored = (await storeObservation(this.#sources.db, seen, role.revisionId, observation)) || stored;
    }
    const world = stored ? await loadWorld(this.#sources, id, this.#clock.now()) : seen;
    if (world === undefined) return done;
    let outcome: Outcome = done;
    for (const role of world.roles) outcome = soonest(outcome, await this.#settle(world, role));
    return outcome;
  }

  async #settle(world: DeploymentWorld, role: WorldRole): Promise<Outcome> {
    const { revisionId } = role;
    const observation = world.observationOf(revisionId);
    // What is not known is neither created twice nor taken away.
    if (observation.kind === 'unknown') return after(UNKNOWN_MS);
    // Someone else's newer look is stored: act when this process has caught up with it.
    if (observation.at < (world.storedStatus(revisionId)?.observedAt ?? 0)) return after(SETTLING_MS);
    const plan = this.#plan(world, revisionId);
    await this.#move(world, plan.moves);
    this.#prove(world, revisionId);
    await this.#order(world, role, plan, observation.value);
    const settled = world.replicasOf(revisionId).every((replica) => isSettled(replica));
    return settled && plan.moves.length === 0 ? done : after(SETTLING_MS);
  }

  #plan(world: DeploymentWorld, revisionId: RevisionId): ReplicaPlan {
    const { spec } = world.revision(revisionId);
    return planReplicas({
      desired: world.desired.get(revisionId) ?? 0,
      replicas: world.replicasOf(revisionId).map((replica) => ({ ...replica, proven: replica.provenAt !== null })),
      gateways: world.gateways,
      drainTimeoutMs: spec.drain.timeoutMs,
      restartBefore: world.restartBefore,
      now: this.#clock.now(),
    });
  }

  async #move(world: DeploymentWorld, moves: readonly ReplicaMove[]): Promise<void> {
    if (moves.length === 0) return;
    const now = this.#clock.now();
    await this.#sources.db.transaction(async (tx) => {
      const { replicas, snapshotState, changes } = repositories(tx);
      for (const { id, from, to } of moves) await replicas.setTraffic(id, from, to, now);
      await snapshotState.bump();
      const { projectId, id: objectId, name } = world.deployment;
      const message = moves.map((move) => `replica ${move.id} ${move.to}: ${move.because}`).join('; ');
      await changes.append({ projectId, kind: 'Deployment', objectId, name, change: 'status', message, at: now });
    });
    for (const move of moves) {
      this.#log.info('replica moved', {
        deployment: world.deployment.name,
        replica: move.id,
        from: move.from,
        to: move.to,
        because: move.because,
      });
    }
  }

  #prove(world: DeploymentWorld, revisionId: RevisionId): void {
    const { workload } = world.revision(revisionId);
    for (const replica of world.replicasOf(revisionId)) {
      if (replica.phase === 'ready' && replica.provenAt === null) {
        this.#prover.prove(world.deployment.id, replica, workload.readinessGeneration);
      }
    }
  }

  async #order(world: DeploymentWorld, role: WorldRole, plan: ReplicaPlan, seen: ClusterObservation): Promise<void> {
    const revision = world.revision(role.revisionId);
    const place = this.#place(revision.clusterId);
    if (place === undefined) return;
    const workload = workloadOf(world, role.revisionId);
    const present = seen.workloads.find((candidate) => candidate.revisionId === role.revisionId);
    for (const id of plan.restarts) await place.cluster.restartReplica(workload, id);
    if (role.role === 'retiring' && plan.clusterReplicas === 0) {
      if (present === undefined) return;
      await place.cluster.remove(workload);
      return place.refreshSoon();
    }
    const right = present?.wantedReplicas === plan.clusterReplicas && present.specHash === workload.specHash;
    if (right || (present === undefined && plan.clusterReplicas === 0)) {
      if (plan.restarts.length > 0) place.refreshSoon();
      return;
    }
    if (plan.removable.length > 0) await place.cluster.preferRemoval(workload, plan.removable);
    const result = await place.cluster.apply(workload, plan.clusterReplicas);
    place.refreshSoon();
    if (result.kind === 'conflict') throw new TerminalError(result.message);
    if (result.kind === 'refused') throw new Error(result.message);
    this.#log.info('workload ordered', {
      workload: workload.name,
      replicas: plan.clusterReplicas,
      result: result.kind,
    });
  }
}

function isSettled(replica: Replica): boolean {
  return replica.traffic === 'serving' || (replica.traffic === 'none' && replica.phase !== 'ready');
}

export function workloadOf(world: DeploymentWorld, revisionId: RevisionId): Workload {
  const revision = world.revision(revisionId);
  const { deployment } = world;
  return {
    name: revision.workloadName,
    projectId: deployment.projectId,
    deploymentId: deployment.id,
    revisionId,
    labels: {
      project: deployment.project,
      deployment: deployment.name,
      revision: revision.number,
      model: revision.spec.model,
      version: revision.spec.version,
    },
    spec: revision.workload,
    placement: revision.placement,
    specHash: revision.workloadHash,
  };
}
