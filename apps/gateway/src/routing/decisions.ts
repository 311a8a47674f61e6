import { REPLICA_FILTERS, type RevisionChoice, type RoutingDecision } from '@signalbox/domain';
import type { Replica } from './replica.ts';
import type { Backend } from './routing-table.ts';
import type { Weights } from './scoring.ts';

interface Made {
  backend: Backend;
  replica: Replica;
  revisionBy: RevisionChoice;
  /** How far the filters had to be loosened: 0 is not at all. */
  tier: number;
  weights: Weights;
}

/** Who competed and who did not, by their places among the backend's replicas; arrays that are used again. */
interface Field {
  candidates: ArrayLike<number>;
  /** The place, and which filter it failed: `place * REPLICA_FILTERS.length + filter`. */
  filtered: ArrayLike<number>;
}

interface Scored {
  totals: ArrayLike<number>;
  rows: readonly ArrayLike<number>[];
  uncachedTokens: ArrayLike<number>;
}

interface Entry {
  requestId: string;
  made: Made | undefined;
  /** Where its numbers begin, counted from the first number ever written. */
  start: number;
  candidates: number;
  filtered: number;
}

const kept = 4_096;
/** Ten candidates each for all of them, 64 for some 450: 1 MB. */
const numbers = 2 ** 18;
/** Of each kind, in what is told of one decision. */
const mostListed = 8;
const filters = REPLICA_FILTERS.length;

/**
 * The last decisions, for whoever asks why. Written for every request, so it makes no objects: entries are used
 * again in a ring, and all numbers stand in another.
 */
export class Decisions {
  readonly #names: readonly string[];
  readonly #entries: Entry[] = [];
  readonly #numbers = new Float32Array(numbers);
  #count = 0;
  #written = 0;

  /** `names`: of the scores, in the order in which they are given. */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  add(requestId: string, made: Made, { candidates, filtered }: Field, scored: Scored): void {
    const count = candidates.length;
    const entry = this.#next();
    entry.requestId = requestId;
    entry.made = made;
    entry.start = this.#written;
    entry.candidates = count;
    entry.filtered = filtered.length;
    this.#written += count * (3 + scored.rows.length) + filtered.length;
    let at = entry.start % numbers;
    for (let index = 0; index < count; index++) {
      at = this.#write(at, candidates[index] as number);
      at = this.#write(at, scored.totals[index] as number);
      at = this.#write(at, scored.uncachedTokens[index] as number);
      for (const row of scored.rows) at = this.#write(at, row[index] as number);
    }
    for (let index = 0; index < filtered.length; index++) at = this.#write(at, filtered[index] as number);
  }

  /** The last `most` attempts of a request in their order; none when it is unknown or too long ago. */
  explain(requestId: string, most = kept): RoutingDecision[] {
    const found: Entry[] = [];
    // From the youngest back: who asks right after the attempt waits for no search.
    for (let back = 1; back <= this.#entries.length && found.length < most; back++) {
      const entry = this.#entries[(this.#count - back) % kept];
      if (entry === undefined || this.#written - entry.start > numbers) break;
      if (entry.requestId === requestId) found.unshift(entry);
    }
    return found.flatMap((entry) => this.#read(entry) ?? []);
  }

  #next(): Entry {
    const at = this.#count++ % kept;
    const former = this.#entries[at];
    if (former !== undefined) return former;
    const entry = { requestId: '', made: undefined, start: 0, candidates: 0, filtered: 0 };
    this.#entries.push(entry);
    return entry;
  }

  #write(at: number, value: number): number {
    this.#numbers[at] = value;
    return (at + 1) & (numbers - 1);
  }

  #read({ made, start, ...counts }: Entry): RoutingDecision | undefined {
    if (made === undefined) return undefined;
    const { backend, replica, revisionBy, tier, weights } = made;
    const width = 3 + this.#names.length;
    const number = (offset: number): number => this.#numbers[(start + offset) % numbers] as number;
    const nameAt = (place: number): string => backend.replicas[place]?.id ?? '';
    const candidates = Array.from({ length: counts.candidates }, (_, index) => ({
      replicaId: nameAt(number(index * width)),
      total: shown(number(index * width + 1)),
      uncachedTokens: Math.round(number(index * width + 2)),
      scores: this.#names.map((_, field) => shown(number(index * width + 3 + field))),
    })).sort((one, other) => rank(other, replica) - rank(one, replica));
    const filtered = Array.from({ length: counts.filtered }, (_, index) => {
      const code = number(counts.candidates * width + index);
      return { replicaId: nameAt(Math.floor(code / filters)), by: REPLICA_FILTERS[code % filters] ?? 'serving' };
    });
    return {
      deployment: backend.facts.deployment,
      revision: backend.facts.revision,
      revisionBy,
      replicaId: replica.id,
      tier,
      scorers: this.#names.map((name, field) => ({ name, weight: weights[field] ?? 0 })),
      candidates: candidates.slice(0, mostListed),
      filtered: filtered.slice(0, mostListed),
      unlisted: Math.max(0, candidates.length - mostListed) + Math.max(0, filtered.length - mostListed),
    };
  }
}

/** Of equals the chosen one comes first. */
function rank({ replicaId, total }: { replicaId: string; total: number }, { id }: Replica): number {
  return total + (replicaId === id ? 1e-6 : 0);
}

function shown(score: number): number {
  return Math.round(score * 1_000) / 1_000;
}
