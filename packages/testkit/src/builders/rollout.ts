import {
  type Fleet,
  type GatePolicy,
  known,
  NO_COUNTS,
  type RevisionCounts,
  type RevisionId,
  type RolloutCommand,
  type RolloutPhase,
  type RolloutPolicy,
  type RolloutStep,
  type RolloutWorld,
  replicasForShare,
  unknown,
  WHOLE,
  weightAt,
} from '@signalbox/domain';
import { at, MINUTE_MS } from './instants.ts';

export const OLD = 'old' as RevisionId;
export const NEW = 'new' as RevisionId;

const BEGAN = at('12:00');
const ALL: RolloutStep = { kind: 'weight', percent: 100, forMs: 0 };

/**
 * A canary from `old` to `new` that was created at 12:00; ten replicas carry all of the traffic; the gate wants 20
 * requests and allows 2 points more errors and a p95 worse by a fifth.
 */
export function aRollout(): RolloutBuilder {
  return new RolloutBuilder({
    phase: 'planning',
    stepIndex: 0,
    paused: false,
    detail: {
      since: BEGAN,
      weightReachedAt: null,
      baseline: null,
      verdict: null,
      approvedBy: null,
      message: '',
      because: null,
    },
    strategy: 'canary',
    steps: [{ kind: 'weight', percent: 10, forMs: 5 * MINUTE_MS }, ALL],
    gate: { minRequests: 20, maxErrorRateIncrease: 0.02, maxTtftIncrease: 0.2, onNoData: 'wait' },
    onFailure: 'rollback',
    provisionTimeoutMs: 10 * MINUTE_MS,
    from: OLD,
    to: NEW,
    goingBack: false,
    superseded: false,
    command: null,
    candidateWeight: 0,
    candidateShare: 0,
    candidate: known({ routable: 0, failing: 0, total: 0, maxRestarts: 0, reason: null }, BEGAN),
    fullFleet: 10,
    counts: known({ candidate: NO_COUNTS, stable: NO_COUNTS }, BEGAN),
    acknowledged: true,
  });
}

export class RolloutBuilder {
  readonly #world: RolloutWorld;

  constructor(world: RolloutWorld) {
    this.#world = world;
  }

  build(): RolloutWorld {
    return this.#world;
  }

  inPhase(phase: RolloutPhase): RolloutBuilder {
    return this.#with({ phase });
  }

  /** Replicas for the first step are ordered. */
  provisioning(): RolloutBuilder {
    return this.#with({ phase: 'provisioning' }).ordered(weightAt(this.#world.steps, 0) / 100);
  }

  /** The step at this weight has begun, replicas for it are ordered; another one to 100 % follows. */
  stepping(percent: number, forMs = 5 * MINUTE_MS): RolloutBuilder {
    return this.#with({ phase: 'stepping', stepIndex: 0, steps: [{ kind: 'weight', percent, forMs }, ALL] }).ordered(
      percent,
    );
  }

  /** The step after that weight has begun: a wait or an approval; another one to 100 % follows. */
  steppingAfter(percent: number, step: RolloutStep): RolloutBuilder {
    const steps: readonly RolloutStep[] = [{ kind: 'weight', percent, forMs: 0 }, step, ALL];
    return this.#with({ phase: 'stepping', stepIndex: 1, steps }).ordered(percent).weighing(percent);
  }

  /** Every step has passed and all of the traffic is on the new revision. */
  promoting(): RolloutBuilder {
    return this.#with({ phase: 'promoting', stepIndex: 1 }).ordered(100).weighing(100);
  }

  /** The step's weight was given at this time, with these counts behind both revisions. */
  reachedAt(time: string, baseline = { candidate: NO_COUNTS, stable: NO_COUNTS }): RolloutBuilder {
    const wanted = weightAt(this.#world.steps, this.#world.stepIndex);
    return this.#with({
      candidateWeight: wanted,
      detail: { ...this.#world.detail, weightReachedAt: at(time), baseline },
    });
  }

  /** The weight the new revision has right now. */
  weighing(percent: number): RolloutBuilder {
    return this.#with({ candidateWeight: (percent * WHOLE) / 100 });
  }

  /** The share of the traffic that replicas were ordered for. */
  ordered(percent: number): RolloutBuilder {
    return this.#with({ candidateShare: (percent * WHOLE) / 100 });
  }

  replica(_name: string, replica: { routable?: boolean; restarts?: number; reason?: string } = {}): RolloutBuilder {
    const { routable = true, restarts, reason = null } = replica;
    const fleet = this.#fleet();
    return this.fleet({
      routable: fleet.routable + (routable && restarts === undefined ? 1 : 0),
      failing: fleet.failing + (restarts === undefined ? 0 : 1),
      total: fleet.total + 1,
      maxRestarts: Math.max(fleet.maxRestarts, restarts ?? 0),
      reason: fleet.reason ?? reason,
    });
  }

  routable(replicas: number): RolloutBuilder {
    return this.fleet({ ...this.#fleet(), routable: replicas, total: replicas });
  }

  /** As many routable replicas as were ordered. */
  allRoutable(): RolloutBuilder {
    return this.routable(replicasForShare(this.#world.candidateShare, this.#world.fullFleet));
  }

  fleet(fleet: Fleet): RolloutBuilder {
    return this.#with({ candidate: known(fleet, BEGAN) });
  }

  silentCluster(): RolloutBuilder {
    return this.#with({ candidate: unknown(BEGAN, 'connection refused') });
  }

  noStats(): RolloutBuilder {
    return this.#with({ counts: unknown(BEGAN, 'no gateway is connected') });
  }

  counted(candidate: RevisionCounts, stable: RevisionCounts): RolloutBuilder {
    return this.#with({ counts: known({ candidate, stable }, BEGAN) });
  }

  paused(): RolloutBuilder {
    return this.#with({ paused: true });
  }

  approvedBy(approvedBy: string): RolloutBuilder {
    return this.#with({ detail: { ...this.#world.detail, approvedBy } });
  }

  commanded(kind: RolloutCommand['kind']): RolloutBuilder {
    return this.#with({ command: { seq: 1, kind, actor: 'ada', reason: null } });
  }

  superseded(): RolloutBuilder {
    return this.#with({ superseded: true });
  }

  /** The deployment never served before. */
  first(): RolloutBuilder {
    return this.#with({ from: null, steps: [ALL], stepIndex: 0 });
  }

  /** A person asked for the former revision. */
  goingBack(): RolloutBuilder {
    return this.#with({ goingBack: true });
  }

  strategy(strategy: RolloutPolicy['strategy']): RolloutBuilder {
    return this.#with({ strategy });
  }

  onFailure(onFailure: RolloutPolicy['onFailure']): RolloutBuilder {
    return this.#with({ onFailure });
  }

  gate(gate: Partial<GatePolicy>): RolloutBuilder {
    return this.#with({ gate: { ...this.#world.gate, ...gate } });
  }

  steps(steps: readonly RolloutStep[], stepIndex = 0): RolloutBuilder {
    return this.#with({ steps, stepIndex });
  }

  unacknowledged(): RolloutBuilder {
    return this.#with({ acknowledged: false });
  }

  #fleet(): Fleet {
    const { candidate } = this.#world;
    return candidate.kind === 'known'
      ? candidate.value
      : { routable: 0, failing: 0, total: 0, maxRestarts: 0, reason: null };
  }

  #with(change: Partial<RolloutWorld>): RolloutBuilder {
    return new RolloutBuilder({ ...this.#world, ...change });
  }
}
