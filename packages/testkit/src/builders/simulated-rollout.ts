import {
  assertNever,
  type Fleet,
  isActive,
  known,
  type RevisionCounts,
  type RolloutAction,
  type RolloutCommand,
  type RolloutPhase,
  type RolloutStatusDetail,
  type RolloutWorld,
  replicasForShare,
  type TrafficSplit,
  unknown,
  WHOLE,
} from '@signalbox/domain';
import { NEW, OLD } from './rollout.ts';

/** What the database holds of a rollout. Each half is written compare-and-set. */
export interface StoredRollout {
  phase: RolloutPhase;
  stepIndex: number;
  paused: boolean;
  detail: RolloutStatusDetail;
  commandSeq: number;
}
export interface StoredTraffic {
  split: TrafficSplit;
  share: number;
}

/** What a pass read, with the versions it must still find when it writes. */
export interface Look {
  world: RolloutWorld;
  statusVersion: number;
  trafficVersion: number;
}

const NOTHING: RevisionCounts = { requests: 0, errors: 0, rescued: 0, cancelled: 0, ttftCounts: [] };

/** A rollout with its deployment's traffic, replicas and callers, in memory; its actions do what the controller's do. */
export class SimulatedRollout {
  now = 0;
  status: StoredRollout;
  traffic: StoredTraffic;
  /** The candidate's replicas. */
  replicas: { up: boolean; restarts: number }[] = [];
  counts = { candidate: NOTHING, stable: NOTHING };
  candidateFails = false;
  clusterAnswers = true;
  gatewaysReport = true;
  acknowledged = true;
  superseded = false;
  readonly commands: RolloutCommand[] = [];
  readonly #template: RolloutWorld;
  #statusVersion = 0;
  #trafficVersion = 0;

  constructor(template: RolloutWorld) {
    const { phase, stepIndex, paused, detail } = template;
    this.#template = template;
    this.status = { phase, stepIndex, paused, detail: { ...detail, since: 0 }, commandSeq: 0 };
    this.traffic = { split: template.from === null ? [] : [{ revisionId: OLD, weight: WHOLE }], share: 0 };
  }

  get weight(): number {
    return this.traffic.split.find((part) => part.revisionId === NEW)?.weight ?? 0;
  }

  look(): Look {
    const { commandSeq, ...status } = this.status;
    const world: RolloutWorld = {
      ...this.#template,
      ...status,
      superseded: this.superseded,
      command: this.commands.find((command) => command.seq > commandSeq) ?? null,
      candidateWeight: this.weight,
      candidateShare: this.traffic.share,
      candidate: this.clusterAnswers ? known(this.#fleet(), this.now) : unknown(this.now, 'silent'),
      counts: this.gatewaysReport ? known(this.counts, this.now) : unknown(this.now, 'silent'),
      acknowledged: this.acknowledged,
    };
    return { world, statusVersion: this.#statusVersion, trafficVersion: this.#trafficVersion };
  }

  command(kind: RolloutCommand['kind']): void {
    this.commands.push({ seq: this.commands.length + 1, kind, actor: 'ada', reason: null });
  }

  /** Time passes, and callers call: a failing candidate fails half of what it gets. */
  pass(ms: number): void {
    this.now += ms;
    const requests = Math.floor(ms / 10);
    const onCandidate = Math.floor((requests * this.weight) / WHOLE);
    const { candidate, stable } = this.counts;
    this.counts = {
      candidate: {
        ...candidate,
        requests: candidate.requests + onCandidate,
        errors: candidate.errors + (this.candidateFails ? Math.ceil(onCandidate / 2) : 0),
      },
      stable: { ...stable, requests: stable.requests + requests - onCandidate },
    };
  }

  forgetCounts(): void {
    this.counts = { candidate: NOTHING, stable: NOTHING };
  }

  /** False when the world has moved since the look. A stop after the effect loses the record. */
  act(look: Look, action: RolloutAction, stopAfterEffect = false): boolean {
    if (look.statusVersion !== this.#statusVersion || look.trafficVersion !== this.#trafficVersion) return false;
    const { traffic, status } = this.#outcome(look.world, action);
    if (traffic !== undefined) {
      this.traffic = { ...this.traffic, ...traffic };
      this.#trafficVersion++;
      if (isActive(this.status.phase)) this.#order();
    }
    if (stopAfterEffect) return true;
    const { detail, ...rest } = status;
    this.status = { ...this.status, ...rest, detail: { ...this.status.detail, ...detail } };
    this.#statusVersion++;
    return true;
  }

  #fleet(): Fleet {
    const down = this.replicas.filter((replica) => !replica.up);
    const failing = down.filter((replica) => replica.restarts > 0);
    return {
      routable: this.replicas.length - down.length,
      failing: failing.length,
      total: this.replicas.length,
      maxRestarts: Math.max(0, ...failing.map((replica) => replica.restarts)),
      reason: null,
    };
  }

  #order(): void {
    const ordered = replicasForShare(this.traffic.share, this.#template.fullFleet);
    while (this.replicas.length < ordered) this.replicas.push({ up: false, restarts: 0 });
    this.replicas.length = ordered;
  }

  #outcome(world: RolloutWorld, action: RolloutAction): Outcome {
    const begun = { since: this.now, weightReachedAt: null, baseline: null, approvedBy: null };
    switch (action.kind) {
      case 'none':
      case 'wait':
        return { status: {} };
      case 'obey':
        return this.#obey(world, action.command);
      case 'supersede':
        return {
          ...(world.from === null ? {} : { traffic: { split: between(world, 0) } }),
          status: { phase: 'superseded' },
        };
      case 'provision':
        return {
          traffic: { share: action.share },
          status: {
            phase: world.phase === 'planning' ? 'provisioning' : world.phase,
            detail: { since: this.now },
          },
        };
      case 'beginStep':
        return { status: nextStep(world, action.next === 'first' ? 0 : world.stepIndex + 1, begun) };
      case 'shiftTraffic': {
        const counts = world.counts.kind === 'known' ? world.counts.value : this.counts;
        const reached = { weightReachedAt: this.now, baseline: counts };
        return {
          traffic: { split: between(world, action.weight) },
          status: { detail: action.reached ? reached : {} },
        };
      }
      case 'pause':
        return { status: { paused: true } };
      case 'rollBack':
        return { traffic: { split: between(world, 0) }, status: { phase: 'rollingBack', paused: false } };
      case 'promote':
        return { traffic: { split: between(world, WHOLE) }, status: { phase: 'completed' } };
      case 'finishRollBack':
        return { traffic: { share: 0 }, status: { phase: 'rolledBack' } };
      default:
        return assertNever(action);
    }
  }

  #obey(world: RolloutWorld, { seq, kind }: RolloutCommand): Outcome {
    const begun = { since: this.now, weightReachedAt: null, baseline: null, approvedBy: null };
    switch (kind) {
      case 'pause':
      case 'resume':
        return { status: { commandSeq: seq, paused: kind === 'pause' } };
      case 'advance':
        if (world.phase !== 'stepping') return { status: { commandSeq: seq } };
        return { status: { commandSeq: seq, paused: false, ...nextStep(world, world.stepIndex + 1, begun) } };
      case 'abort':
        return {
          traffic: { split: between(world, 0) },
          status: { commandSeq: seq, phase: 'rollingBack', paused: false },
        };
      default:
        return assertNever(kind);
    }
  }
}

interface Outcome {
  traffic?: Partial<StoredTraffic>;
  status: Partial<Omit<StoredRollout, 'detail'>> & { detail?: Partial<RolloutStatusDetail> };
}

function nextStep(world: RolloutWorld, stepIndex: number, detail: Partial<RolloutStatusDetail>): Outcome['status'] {
  return stepIndex < world.steps.length ? { phase: 'stepping', stepIndex, detail } : { phase: 'promoting', detail };
}

/** A lone revision has all of the traffic or none. */
function between(world: RolloutWorld, weight: number): TrafficSplit {
  if (world.from === null) return weight > 0 ? [{ revisionId: NEW, weight: WHOLE }] : [];
  const parts = [
    { revisionId: OLD, weight: WHOLE - weight },
    { revisionId: NEW, weight },
  ];
  return parts.filter((part) => part.weight > 0);
}
