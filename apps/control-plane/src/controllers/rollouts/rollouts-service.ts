import { type Database, repositories, type SnapshotNumber, type Transaction, worldsIn } from '@signalbox/db';
import { AppError, type DeploymentId, type RevisionId, type RolloutId, unknown } from '@signalbox/domain';
import { type Clock, newId } from '@signalbox/runtime';
import type {
  Restarts,
  RollbackOutcome,
  RollbackRequest,
  RolloutCommandRequest,
  Rollouts,
  TargetChange,
} from '../../features/deployments/index.ts';
import { DeploymentWorld } from '../world/index.ts';
import { recordDecision } from './record.ts';
import { rollBackNow } from './roll-back-now.ts';
import { ensureTraffic, startRollout } from './start-rollout.ts';

/** Pushes the newest snapshot and waits for the gateways that serve by it. */
export interface TrafficPush {
  push(wanted: SnapshotNumber, since: number, timeoutMs: number): Promise<RollbackOutcome['gateways']>;
}

/** What people and pipelines ask of rollouts. Every method works under the deployment's traffic lock. */
export class RolloutsService implements Rollouts, Restarts {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #traffic: TrafficPush;
  readonly #wake: (id: DeploymentId) => void;

  constructor(options: { db: Database; clock: Clock; traffic: TrafficPush; wake: (id: DeploymentId) => void }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#traffic = options.traffic;
    this.#wake = options.wake;
  }

  /** In the transaction that made the revision: starts the rollout towards it, or adopts it where pods stay the same. */
  async targetChanged(tx: Transaction, change: TargetChange): Promise<void> {
    const now = this.#clock.now();
    const world = await this.#lockedWorld(tx, change.deploymentId, [change.revisionId]);
    await startRollout(tx, world, {
      toRevisionId: change.revisionId,
      policy: world.revision(change.revisionId).spec.rollout,
      author: change.author,
      cause: change.cause,
      reason: change.reason,
      rolloutId: newId(now) as RolloutId,
      now,
    });
  }

  /** Traffic has moved for every gateway that is named with a time when this resolves. */
  async rollback(request: RollbackRequest): Promise<RollbackOutcome> {
    const since = this.#clock.now();
    const { outcome, snapshot } = await this.#db.transaction(async (tx) => {
      const world = await this.#lockedWorld(tx, request.deploymentId, request.to === null ? [] : [request.to.id]);
      const order = { actor: request.actor, reason: request.reason, rolloutId: newId(since) as RolloutId, now: since };
      const moved = await rollBackNow(tx, world, { ...order, toRevisionId: request.to?.id ?? null });
      if (moved.kind === 'nothingToGoBackTo') {
        throw new AppError('deployment.no_former_revision', { name: request.name });
      }
      return { outcome: moved, snapshot: await repositories(tx).snapshotState.current() };
    });
    const { kind, from, to } = outcome;
    if (kind === 'provisioning') {
      this.#wake(request.deploymentId);
      const message = 'its replicas are not running any more: they are brought up first, then traffic moves';
      return { kind, from, to, snapshot: null, acknowledgedMs: null, gateways: [], message };
    }
    const gateways = await this.#traffic.push(snapshot, since, request.waitMs);
    this.#wake(request.deploymentId);
    return { kind, from, to, snapshot, gateways, ...describeAcknowledgements(gateways) };
  }

  /** Leaves a command for the controller; it is carried out once, in order. */
  async command({ deploymentId, name, kind, actor, reason }: RolloutCommandRequest): Promise<{ message: string }> {
    await this.#db.transaction(async (tx) => {
      const { rollout } = await this.#lockedWorld(tx, deploymentId, []);
      if (rollout === null || rollout.status.phase === 'rollingBack') {
        const last = rollout === null ? 'finished; see signalbox rollout history' : 'rolling back already';
        throw new AppError('rollout.none_active', { name, verb: kind, last });
      }
      const { phase, paused } = rollout.status;
      if (kind === 'resume' && !paused) throw new AppError('rollout.not_paused', { name });
      if (kind === 'advance' && phase !== 'stepping') throw new AppError('rollout.no_step_waiting', { name, phase });
      const at = this.#clock.now();
      await repositories(tx).rolloutCommands.append({ rolloutId: rollout.id, kind, actor, reason, at });
    });
    this.#wake(deploymentId);
    return { message: promised[kind] };
  }

  async restart(request: Parameters<Restarts['restart']>[0]): Promise<{ replicas: number }> {
    const now = this.#clock.now();
    const { deploymentId } = request;
    const replicas = await this.#db.transaction(async (tx) => {
      const world = await this.#lockedWorld(tx, deploymentId, []);
      await repositories(tx).restartRequests.set({ deploymentId, requestedAt: now, author: request.actor });
      const reason = request.reason ?? 'restarted by hand';
      const decision = { kind: 'deployment.restartRequested', actor: request.actor, reason, evidence: {} };
      await recordDecision(tx, world.deployment, decision, now);
      return world.replicas.filter((replica) => replica.phase !== 'stopping').length;
    });
    this.#wake(deploymentId);
    return { replicas };
  }

  /** Holds the traffic row before reading: whoever else moves this deployment waits, or is seen. */
  async #lockedWorld(tx: Transaction, id: DeploymentId, extra: readonly RevisionId[]): Promise<DeploymentWorld> {
    const now = this.#clock.now();
    const from = repositories(tx);
    const deployment = await from.deployments.find(id);
    if (deployment === undefined) throw new AppError('resource.not_found', { kind: 'Deployment', name: id });
    await ensureTraffic(tx, deployment, now);
    await from.deploymentTraffic.lockForUpdate(id);
    const rows = (await worldsIn(tx, [id])).get(id);
    if (rows === undefined) throw new AppError('resource.not_found', { kind: 'Deployment', name: id });
    const known = new Set(rows.revisions.map((row) => row.id));
    const added = await from.revisions.findMany(extra.filter((revision) => !known.has(revision)));
    const serving = await from.revisions.findMany(
      added
        .map((row) => row.workloadRevisionId)
        .filter((revision) => !known.has(revision) && !extra.includes(revision)),
    );
    const scale = await from.deploymentScale.get(id);
    const restart = await from.restartRequests.get(id);
    const beside = {
      // Nothing that people decide here waits for a gateway; the controllers do.
      gateways: [],
      scale: scale?.replicas ?? null,
      restartBefore: restart?.requestedAt ?? null,
    };
    // Decisions of people need no cluster: rows say what is routable.
    return new DeploymentWorld({ ...rows, revisions: [...rows.revisions, ...added, ...serving] }, beside, () =>
      unknown(now, 'not looked at'),
    );
  }
}

const promised: Record<RolloutCommandRequest['kind'], string> = {
  pause: 'the rollout holds where it is',
  resume: 'the rollout goes on',
  advance: 'the current step ends now',
  abort: 'traffic goes back to the stable revision, then the new replicas go',
};

function describeAcknowledgements(
  gateways: RollbackOutcome['gateways'],
): Pick<RollbackOutcome, 'acknowledgedMs' | 'message'> {
  const silent = gateways.filter((gateway) => gateway.acknowledgedMs === null).map((gateway) => gateway.id);
  if (gateways.length === 0) {
    return { acknowledgedMs: null, message: 'no gateway is connected; the next one starts with it' };
  }
  if (silent.length > 0) {
    const message = `traffic has moved, except at ${silent.join(', ')}: not heard from; it follows when it is back`;
    return { acknowledgedMs: null, message };
  }
  const slowest = Math.max(...gateways.map((gateway) => gateway.acknowledgedMs ?? 0));
  return { acknowledgedMs: slowest, message: `every gateway had moved its traffic after ${slowest} ms` };
}
