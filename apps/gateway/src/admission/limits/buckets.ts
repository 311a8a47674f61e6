import type { LimitUse, SnapshotLimit } from '@signalbox/domain';
import { Bucket, tickMs } from './bucket.ts';

/** Past this many the one that was looked up longest ago goes: of keys that a snapshot no longer has. */
const defaultMostBuckets = 100_000;
const none: readonly Bucket[] = [];

/** The buckets of this process by the ids of their limits; they outlive snapshots. */
export class Buckets {
  readonly #byId = new Map<string, Bucket>();
  readonly #mostBuckets: number;
  #shares: ReadonlyMap<string, number> = new Map();
  #shareOfOthers: number;

  /** `share` is this process's part of every limit whose share it was never told. */
  constructor({ share = 1, mostBuckets = defaultMostBuckets }: { share?: number; mostBuckets?: number } = {}) {
    this.#shareOfOthers = share;
    this.#mostBuckets = mostBuckets;
  }

  /**
   * The buckets of a key or a route, to be looked up once per snapshot and kept beside it: requests then go through
   * no map. A limit that changed keeps what was used, unless it now counts something else.
   */
  of(limits: readonly SnapshotLimit[] | undefined): readonly Bucket[] {
    if (limits === undefined || limits.length === 0) return none;
    const found = new Map<string, Bucket>();
    for (const limit of limits) found.set(limit.id, this.#bucket(limit));
    return [...found.values()];
  }

  /**
   * Limits that are not named keep their shares, also those that nobody has used here yet; so do all while nobody says
   * anything.
   */
  setShares(shares: ReadonlyMap<string, number>, shareOfOthers?: number): void {
    const all = [...this.#shares, ...shares];
    const isKept = (id: string): boolean => all.length <= this.#mostBuckets || shares.has(id) || this.#byId.has(id);
    this.#shares = new Map(all.filter(([id]) => isKept(id)));
    if (shareOfOthers !== undefined) this.#shareOfOthers = shareOfOthers;
    for (const [id, share] of shares) this.#byId.get(id)?.setShare(share);
  }

  /** What `shareOut` needs to know, of limits that are in use. `wanted` is since the last time this was asked. */
  uses(now: number): (LimitUse & { id: string })[] {
    const tick = Math.floor(now / tickMs);
    const uses: (LimitUse & { id: string })[] = [];
    for (const bucket of this.#byId.values()) {
      const { held, wanted } = bucket.takeUse(tick);
      if (held > 0 || wanted > 0) uses.push({ id: bucket.id, held, wanted, share: bucket.share });
    }
    return uses;
  }

  #bucket(limit: SnapshotLimit): Bucket {
    const former = this.#byId.get(limit.id);
    const fits = former !== undefined && former.of === limit.of && former.per === limit.per;
    const bucket = fits ? former : new Bucket(limit, this.#shares.get(limit.id) ?? this.#shareOfOthers);
    if (bucket.amount !== limit.amount) bucket.resize(limit.amount);
    this.#byId.delete(limit.id);
    this.#byId.set(limit.id, bucket);
    if (this.#byId.size > this.#mostBuckets) {
      const oldest = this.#byId.keys().next();
      if (!oldest.done) this.#byId.delete(oldest.value);
    }
    return bucket;
  }
}
