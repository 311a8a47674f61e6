import {
  type GatewayReportAnswer,
  type KnownUse,
  knownUse,
  type LimitSpec,
  type LimitUseReport,
  type LimitUses,
  limitSharesOf,
  type SharingGateway,
  type Snapshot,
  type SnapshotLimit,
  usesAfter,
} from '@signalbox/domain';
import { almostNoShare } from '../admission/limits/bucket.ts';
import { UseOverTime } from '../admission/limits/use-over-time.ts';
import { type UsedLimit, type UsesOverTime, usedLimitsOf, usesOverTime } from '../admission/limits/used-limits.ts';

/** A part of nothing divides nothing. */
const leastPart = 1e-9;

interface Known {
  id: string;
  uses: LimitUses;
  /** Of limits that have a window. */
  overTime: UsesOverTime;
  heardAt: number;
  isLeaving: boolean;
  /** What it was told of limits that it has no share of. */
  withoutShare: Map<string, number>;
}

/**
 * Deals the gateway's parts of limits out to its workers, as the control plane deals the whole out to gateways, and
 * tells the control plane what all of them use. Shares are parts of the whole limit wherever they leave this file;
 * within, what one worker has is a part of the gateway's part.
 */
export class WorkerLimits<Worker extends object> {
  readonly #size: number;
  readonly #known = new Map<Worker, Known>();
  readonly #wanted = new Map<string, number>();
  /** What ended workers have used, and this gateway before it was started anew. */
  #past: UsesOverTime = new Map();
  #limits: ReadonlyMap<string, SnapshotLimit> = new Map();
  #parts: ReadonlyMap<string, number> = new Map();
  #gateways = 1;
  #named = 0;

  /** `size`: how many workers there are when none is being replaced. */
  constructor(size: number) {
    this.#size = size;
  }

  apply({ routes, keys }: Snapshot): void {
    const limits = [...routes, ...keys].flatMap((row) => row.limits ?? []);
    this.#limits = new Map(limits.map((limit) => [limit.id, limit]));
    this.#parts = new Map([...this.#parts].filter(([id]) => this.#limits.has(id)));
  }

  /** The gateway's own parts have changed. What all workers are to be told at once, if anything. */
  share({ shares, gateways }: GatewayReportAnswer): GatewayReportAnswer | undefined {
    this.#parts = new Map([...this.#parts, ...Object.entries(shares)]);
    if (this.#gateways === gateways) return undefined;
    this.#gateways = gateways;
    // Of a limit that nobody has used yet a worker takes as many parts as there are workers anywhere.
    return { shares: {}, gateways: this.#size * gateways };
  }

  /** What a new worker begins with: of limits that others use or used, what nobody claims, until its first word. */
  welcome(worker: Worker, now: number): GatewayReportAnswer {
    const all = this.#sharing(now);
    const shares: Record<string, number> = {};
    const limits: Record<string, KnownUse> = {};
    const withoutShare = new Map<string, number>();
    for (const id of new Set(all.flatMap(({ uses }) => Object.keys(uses.limits)))) {
      const share = this.#firstShare(id, all);
      const told = this.#toldShare(id, share, all);
      limits[id] = { held: 0, wanted: 0, share, sent: share };
      shares[id] = told;
      if (share === 0) withoutShare.set(id, told);
    }
    const uses = { others: 1 / this.#size, limits };
    const id = `${this.#named++}`;
    this.#known.set(worker, { id, uses, overTime: new Map(), heardAt: now, isLeaving: false, withoutShare });
    return { shares, gateways: this.#size * this.#gateways };
  }

  /** What the worker is to be told of its shares; undefined when nothing changes. */
  heard(worker: Worker, reported: readonly LimitUseReport[], now: number): GatewayReportAnswer | undefined {
    const known = this.#known.get(worker);
    if (known === undefined) return undefined;
    for (const { id, wanted } of reported) this.#wanted.set(id, (this.#wanted.get(id) ?? 0) + wanted);
    const relative = reported.map((use) => ({ ...use, share: use.share / this.#partOf(use.id) }));
    known.uses = usesAfter(known.uses, relative, now - known.heardAt);
    known.heardAt = now;
    this.#follow(known, now);
    if (known.isLeaving) return undefined;
    const all = this.#sharing(now);
    const shared = limitSharesOf(known.id, all, (id) => this.#specOf(id));
    if (shared === undefined) return undefined;
    known.uses = { ...shared.uses, others: 1 / this.#size };
    const shares: Record<string, number> = {};
    for (const [id, { sent }] of Object.entries(shared.uses.limits)) {
      const told = this.#toldShare(id, sent, all);
      const hasNone = sent === 0;
      if (id in shared.answer.shares || (hasNone && known.withoutShare.get(id) !== told)) shares[id] = told;
      if (hasNone) known.withoutShare.set(id, told);
      else known.withoutShare.delete(id);
    }
    return Object.keys(shares).length === 0 ? undefined : { shares, gateways: this.#size * this.#gateways };
  }

  /** It takes no new connections; what it has goes on counting. */
  leaves(worker: Worker): void {
    const known = this.#known.get(worker);
    if (known !== undefined) known.isLeaving = true;
  }

  ended(worker: Worker, now: number): void {
    const known = this.#known.get(worker);
    if (known === undefined) return;
    this.#known.delete(worker);
    this.#past = usesOverTime(usedLimitsOf([this.#past, known.overTime], now), now);
  }

  /** What was used of limits within their windows, by whomever. */
  used(now: number): UsedLimit[] {
    return usedLimitsOf([this.#past, ...[...this.#known.values()].map(({ overTime }) => overTime)], now);
  }

  /** As `used` had it before this gateway was started anew. */
  remember(limits: readonly UsedLimit[], now: number): void {
    this.#past = usesOverTime([...usedLimitsOf([this.#past], now), ...limits], now);
  }

  /** What the gateway as a whole says of its limits; `wanted` is since the last time. */
  uses(now: number): LimitUseReport[] {
    const all = this.#sharing(now);
    const ids = new Set([...this.#wanted.keys(), ...all.flatMap(({ uses }) => Object.keys(uses.limits))]);
    const rows = [...ids].flatMap((id) => (this.#limits.has(id) ? [this.#useOf(id, all)] : []));
    this.#wanted.clear();
    return rows.filter(({ held, wanted }) => held > 0 || wanted > 0);
  }

  #useOf(id: string, all: readonly SharingGateway[]): LimitUseReport {
    const row = { id, held: 0, wanted: this.#wanted.get(id) ?? 0, share: 0 };
    for (const { uses, state } of all) {
      const { held, share, sent } = knownUse(uses, id);
      row.held += held;
      if (state !== 'silent') row.share += Math.max(share, sent) * this.#partOf(id);
    }
    return { ...row, share: Math.min(1, row.share) };
  }

  #sharing(now: number): SharingGateway[] {
    const live = Array.from(this.#known.values(), ({ id, uses, isLeaving }) => {
      const state = isLeaving ? ('draining' as const) : ('serving' as const);
      return { id, uses, state };
    });
    return [...live, { id: 'past', uses: this.#usesOfPast(now), state: 'silent' }];
  }

  #usesOfPast(now: number): LimitUses {
    const counting = [...this.#past].flatMap(([id, use]) => {
      const held = use.per === this.#limits.get(id)?.per ? use.held(now) : 0;
      return held > 0 ? [[id, { held, wanted: 0, share: 0, sent: 0 }] as const] : [];
    });
    return { others: 0, limits: Object.fromEntries(counting) };
  }

  /** Of what is left of the gateway's part: an even one, if nobody else acts on it. */
  #firstShare(id: string, all: readonly SharingGateway[]): number {
    const amount = this.#specOf(id)?.amount ?? 0;
    if (amount <= 0) return 0;
    let [left, claimed] = [1, 0];
    for (const { uses, state } of all) {
      const { held, share, sent } = knownUse(uses, id);
      if (state === 'silent') left -= held / amount;
      else claimed += Math.max(share, sent);
    }
    return Math.max(0, Math.min(left - claimed, left / this.#size));
  }

  /**
   * As a part of the whole limit. Without a share of one that is used up a worker lets in nothing; where others only have
   * to let go of theirs first, one request at a time.
   */
  #toldShare(id: string, share: number, all: readonly SharingGateway[]): number {
    if (share > 0) return Math.min(1, share * this.#partOf(id));
    const amount = this.#specOf(id)?.amount ?? 0;
    const isUsedUp = all.reduce((held, { uses }) => held + knownUse(uses, id).held, 0) >= amount;
    return isUsedUp ? 0 : almostNoShare;
  }

  #follow({ uses, overTime }: Known, now: number): void {
    for (const [id, { held }] of Object.entries(uses.limits)) {
      const per = this.#limits.get(id)?.per ?? null;
      if (per === null) continue;
      let use = overTime.get(id);
      if (use?.per !== per) {
        use = new UseOverTime(per);
        overTime.set(id, use);
      }
      use.follow(held, now);
    }
    // What is not told of is not held.
    for (const id of overTime.keys()) if (!(id in uses.limits)) overTime.delete(id);
  }

  #specOf(id: string): LimitSpec | undefined {
    const limit = this.#limits.get(id);
    return limit === undefined ? undefined : { ...limit, amount: limit.amount * this.#partOf(id) };
  }

  #partOf(id: string): number {
    return Math.max(leastPart, this.#parts.get(id) ?? 1 / this.#gateways);
  }
}
