import { SCORER_NAMES, type ScorerName, type SnapshotRouting } from '@signalbox/domain';
import type { Candidate, PickRequest, ScoredRequest, Scorer } from './candidates.ts';
import { maxSlots, type PrefixIndex } from './prefix-index.ts';
import type { BlockSeed } from './prompt-blocks.ts';
import { adapter } from './scorers/adapter.ts';
import { kvUse, queue } from './scorers/engine-load.ts';
import { outstandingTokens, outstandingWork } from './scorers/outstanding-tokens.ts';
import { prefixAffinity } from './scorers/prefix-affinity.ts';
import { session } from './scorers/session.ts';

interface KnownScorer {
  readonly scorer: Scorer;
  readonly weight: number;
  /** Of other requests it says nothing, and is not asked. */
  readonly isFor?: (request: PickRequest) => boolean;
}

/**
 * The first two weights are the policy: the highest sum has the lowest `wait + (1 + a) * prefill(uncached)` with
 * a = 4. Reading a prompt anew delays everyone behind it and pushes their blocks out; `a` is the price of that.
 */
const known = {
  outstandingTokens: { scorer: outstandingTokens, weight: 1 },
  prefixAffinity: { scorer: prefixAffinity, weight: 5 },
  kvUse: { scorer: kvUse, weight: 0.5 },
  queue: { scorer: queue, weight: 0.5 },
  session: { scorer: session, weight: 0.25, isFor: ({ sessionHash }) => sessionHash !== null },
  adapter: { scorer: adapter, weight: 0.5, isFor: ({ adapter }) => adapter !== undefined },
} satisfies Record<ScorerName, KnownScorer>;
const scorers = SCORER_NAMES.map((name): KnownScorer & { name: ScorerName } => ({ name, ...known[name] }));

export const scorerNames: readonly string[] = SCORER_NAMES;

/** In the order of the scorers. Names that this gateway does not know yet are left out. */
export type Weights = readonly number[];

export function weightsOf(routing: SnapshotRouting | undefined): Weights {
  return scorers.map(({ name, weight }) => routing?.weights[name] ?? weight);
}

export type ScoredCandidate = Candidate & { readonly slot: number | undefined };

/** Scores one request's competitors, in arrays that are used again for the next request. */
export class Scoring {
  /** The weighted sums. */
  totals = new Float64Array(maxSlots);
  /** What each scorer said, in the order of their names. */
  rows: readonly Float64Array[] = scorers.map(() => new Float64Array(maxSlots));
  /** How much of the prompt each competitor would have to read. */
  uncachedTokens = new Float64Array(maxSlots);
  readonly #index: PrefixIndex;
  readonly #request: { -readonly [K in keyof ScoredRequest]: ScoredRequest[K] };

  constructor(index: PrefixIndex) {
    this.#index = index;
    this.#request = {
      now: 0,
      sessionHash: null,
      adapter: undefined,
      uncachedTokens: this.uncachedTokens,
      tokenScale: 1,
    };
  }

  score(
    weights: Weights,
    model: BlockSeed,
    competitors: readonly ScoredCandidate[],
    request: PickRequest,
    now: number,
  ): void {
    const { length } = competitors;
    this.#grow(length);
    this.#measure(competitors, request, model);
    const scored = this.#request;
    scored.now = now;
    scored.sessionHash = request.sessionHash;
    scored.adapter = request.adapter;
    scored.tokenScale = tokenScale(competitors, this.uncachedTokens);
    this.totals.fill(0, 0, length);
    for (let at = 0; at < scorers.length; at++) {
      const row = this.rows[at] as Float64Array;
      const { scorer, isFor } = scorers[at] as KnownScorer;
      const weight = weights[at] as number;
      if (weight === 0 || isFor?.(request) === false) {
        row.fill(0, 0, length);
        continue;
      }
      scorer(competitors, scored, row);
      for (let index = 0; index < length; index++)
        this.totals[index] = (this.totals[index] as number) + weight * (row[index] as number);
    }
  }

  /** Looks up who knows how much of the prompt. */
  #measure(competitors: readonly ScoredCandidate[], { blocks, inputTokens }: PickRequest, model: BlockSeed): void {
    const { uncachedTokens } = this;
    if (blocks === undefined || blocks.count === 0) {
      for (let index = 0; index < competitors.length; index++) uncachedTokens[index] = inputTokens;
      return;
    }
    let lo = 0;
    let hi = 0;
    for (const { slot } of competitors) {
      if (slot === undefined) continue;
      if (slot < 32) lo |= 1 << slot;
      else hi |= 1 << (slot - 32);
    }
    this.#index.match(blocks, model, lo, hi);
    for (let index = 0; index < competitors.length; index++) {
      const slot = (competitors[index] as ScoredCandidate).slot;
      const hits = slot === undefined ? 0 : (this.#index.hits[slot] as number);
      const known = hits === 0 ? 0 : (blocks.ends[hits - 1] as number) / blocks.bytes;
      uncachedTokens[index] = inputTokens * (1 - known);
    }
  }

  #grow(competitors: number): void {
    if (competitors <= this.totals.length) return;
    this.totals = new Float64Array(2 * competitors);
    this.rows = scorers.map(() => new Float64Array(2 * competitors));
    this.uncachedTokens = new Float64Array(2 * competitors);
    this.#request.uncachedTokens = this.uncachedTokens;
  }
}

function tokenScale(competitors: readonly Candidate[], uncachedTokens: Float64Array): number {
  let most = 1;
  for (let index = 0; index < competitors.length; index++)
    most = Math.max(most, uncachedTokens[index] as number, outstandingWork(competitors[index] as Candidate));
  return most;
}
