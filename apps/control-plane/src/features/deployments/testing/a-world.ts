import type { DeploymentWorld, Gateway, Replica, Revision, RolloutWithStatus } from '@signalbox/db';
import type { RolloutPhase } from '@signalbox/domain';
import type { ExplainWorld } from '../explain/index.ts';

export const now = Date.UTC(2026, 9, 1, 12);
const revisionId = 'revision-1' as Revision['id'];
const deploymentId = 'deployment-1' as DeploymentWorld['deployment']['id'];

/** What is known of a deployment, told piece by piece. One replica is wanted, and nothing is there yet. */
export class WorldBuilder {
  #world: DeploymentWorld = emptyWorld();
  #rest: Omit<ExplainWorld, 'world'> = {
    rollouts: [],
    reconciles: [],
    changes: [],
    ledger: [],
    routes: [],
    gateways: [],
    newest: { epoch: 1, number: 5 },
    clusterName: 'local',
    logs: new Map(),
    heardSince: now - 5_000,
    now,
  };

  deleted(): this {
    return this.#with({ deployment: { ...this.#world.deployment, deletedAt: now } });
  }

  rollout(phase: RolloutPhase, { paused = false } = {}): this {
    const active = !['completed', 'rolledBack', 'superseded'].includes(phase);
    const rollout = rolloutIn(phase, paused, active);
    this.#rest = { ...this.#rest, rollouts: [rollout] };
    return this.#with({ rollout: active ? { ...rollout, commands: [] } : undefined });
  }

  /** All traffic goes to the revision. */
  split(): this {
    return this.#with({
      traffic: {
        deploymentId,
        projectId: this.#world.deployment.projectId,
        stableRevisionId: revisionId,
        formerRevisionId: null,
        keepWarmUntil: null,
        split: [{ revisionId, weight: 10_000 }],
        version: 1,
        updatedAt: now,
      },
    });
  }

  desired(replicas: number): this {
    return this.#with({ replicaCounts: [{ revisionId, deploymentId, desired: replicas, reason: '', updatedAt: now }] });
  }

  scaledTo(replicas: number): this {
    return this.#with({ scaleOverride: { deploymentId, replicas, author: 'ada', createdAt: now } });
  }

  replica(seen: Partial<Replica>): this {
    return this.#with({ replicas: [...this.#world.replicas, { ...aReplica(), ...seen }] });
  }

  clusterSilent(message: string): this {
    const [status] = this.#world.clusterStatuses;
    return this.#with({ clusterStatuses: status === undefined ? [] : [{ ...status, reachable: false, message }] });
  }

  refused(problem: string): this {
    const seen = { revisionId, wantedReplicas: 1, drift: [], problem, observedAt: now };
    const clusterId = this.#world.revisions[0]?.clusterId;
    return this.#with({ workloadStatuses: clusterId === undefined ? [] : [{ ...seen, clusterId }] });
  }

  controllerFails(lastError: string): this {
    const record = { controller: 'workloads', objectId: deploymentId, outcome: 'retrying' as const, failures: 4 };
    this.#rest = { ...this.#rest, reconciles: [{ ...record, lastError, at: now, nextAt: now + 1_000 }] };
    return this;
  }

  gateway({ silent = false } = {}): this {
    this.#rest = { ...this.#rest, gateways: [aGateway(silent)] };
    return this;
  }

  route(): this {
    this.#rest = { ...this.#rest, routes: [{ name: 'chat', model: 'chat' }] };
    return this;
  }

  log(lines: readonly string[]): this {
    this.#rest = { ...this.#rest, logs: new Map(this.#world.replicas.map(({ id }) => [id, lines])) };
    return this;
  }

  build(): ExplainWorld {
    return { ...this.#rest, world: this.#world };
  }

  #with(change: Partial<DeploymentWorld>): this {
    this.#world = { ...this.#world, ...change };
    return this;
  }
}

export function aWorld(): WorldBuilder {
  return new WorldBuilder();
}

function emptyWorld(): DeploymentWorld {
  const spec = {
    model: 'tiny',
    version: 'v1',
    engine: { name: 'simulated', version: '0.32.0' },
    placement: { cluster: 'local' },
  } as DeploymentWorld['deployment']['spec'];
  const projectId = 'project-1' as DeploymentWorld['deployment']['projectId'];
  const clusterId = 'cluster-1' as Revision['clusterId'];
  const revision = {
    id: revisionId,
    workloadRevisionId: revisionId,
    deploymentId,
    projectId,
    clusterId,
    number: 1,
    workloadName: 'chat-0123456789',
    workload: { image: 'simulated:0.32.0' },
    spec,
  } as Revision;
  const written = { labels: {}, annotations: {}, version: 1, author: 'ada', createdAt: now, updatedAt: now };
  const deployment = { id: deploymentId, projectId, name: 'chat', modelId: 'model-1', spec, ...written };
  return {
    deployment: { ...deployment, specRevisionId: revisionId, deletedAt: null } as DeploymentWorld['deployment'],
    project: 'default',
    traffic: undefined,
    rollout: undefined,
    scaleOverride: undefined,
    revisions: [revision],
    roles: [],
    replicaCounts: [{ revisionId, deploymentId, desired: 1, reason: '', updatedAt: now }],
    workloadStatuses: [],
    replicas: [],
    stats: [],
    clusterStatuses: [{ clusterId, reachable: true, since: now, message: null, capacity: [], observedAt: now }],
  };
}

function aReplica(): Replica {
  return {
    id: 'replica-1' as Replica['id'],
    revisionId,
    name: 'chat-1',
    phase: 'starting',
    address: null,
    node: null,
    reason: null,
    restarts: 0,
    startedAt: null,
    provenAt: null,
    proofError: null,
    traffic: 'none',
    trafficSince: now,
    observedAt: now,
  };
}

function aGateway(silent: boolean): Gateway {
  const lastSeenAt = silent ? now - 60_000 : now;
  const applied = { appliedEpoch: 1, appliedNumber: 5, appliedHash: '' };
  const report = { replicas: [], routes: [] } as unknown as Gateway['report'];
  const seen = { firstSeenAt: now, lastSeenAt };
  return { id: 'g1' as Gateway['id'], bootId: 'b', ...seen, accepting: true, ...applied, report, limitUses: null };
}

function rolloutIn(phase: RolloutPhase, paused: boolean, active: boolean): RolloutWithStatus {
  const detail = {
    since: now,
    weightReachedAt: null,
    baseline: null,
    verdict: null,
    approvedBy: null,
    message: `is ${phase}`,
    because: null,
  };
  return {
    rollout: {
      id: 'rollout-1',
      deploymentId,
      toRevisionId: revisionId,
      fromRevisionId: null,
    } as RolloutWithStatus['rollout'],
    status: { phase, paused, active, detail, updatedAt: now } as RolloutWithStatus['status'],
  };
}
