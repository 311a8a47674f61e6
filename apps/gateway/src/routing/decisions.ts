import type { Replica } from './replica.ts';
import type { Backend } from './routing-table.ts';

/** Why a request went where it went. */
export interface Decision {
  requestId: string;
  at: number;
  deployment: string;
  revision: number;
  revisionId: string;
  /** How far the filters had to be loosened: 0 is not at all. */
  tier: number;
  replicaId: string;
  candidates: { replicaId: string; total: number; uncachedTokens: number; scores: Record<string, number> }[];
}

interface Entry {
  requestId: string;
  at: number;
  backend: Backend | undefined;
  replicaId: string;
  tier: number;
  /** Where its numbers begin, counted from the first number ever written. */
  start: number;
  candidates: number;
}

const kept = 4_096;
/** Ten candidates each for all of them, 64 for some 500: 1 MB. */
const numbers = 2 ** 18;

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

  /** `candidates`: their places among the backend's replicas, of which the first `count` are meant. */
  add(
    requestId: string,
    now: number,
    made: { backend: Backend; replica: Replica; tier: number },
    candidates: ArrayLike<number>,
    count: number,
    scoring: { totals: ArrayLike<number>; rows: readonly ArrayLike<number>[]; uncachedTokens: ArrayLike<number> },
  ): void {
    const entry = this.#next();
    entry.requestId = requestId;
    entry.at = now;
    entry.backend = made.backend;
    entry.replicaId = made.replica.id;
    entry.tier = made.tier;
    entry.start = this.#written;
    entry.candidates = count;
    this.#written += count * (3 + scoring.rows.length);
    let at = entry.start % numbers;
    for (let index = 0; index < count; index++) {
      at = this.#write(at, candidates[index] as number);
      at = this.#write(at, scoring.totals[index] as number);
      at = this.#write(at, scoring.uncachedTokens[index] as number);
      for (const row of scoring.rows) at = this.#write(at, row[index] as number);
    }
  }

  /** The attempts of a request in their order; none when it is unknown or too long ago. */
  explain(requestId: string): Decision[] {
    return this.#entries
      .filter((entry) => entry.requestId === requestId && this.#written - entry.start <= numbers)
      .sort((a, b) => a.start - b.start)
      .flatMap((entry) => this.#read(entry) ?? []);
  }

  #next(): Entry {
    const at = this.#count++ % kept;
    const former = this.#entries[at];
    if (former !== undefined) return former;
    const entry = { requestId: '', at: 0, backend: undefined, replicaId: '', tier: 0, start: 0, candidates: 0 };
    this.#entries.push(entry);
    return entry;
  }

  #write(at: number, value: number): number {
    this.#numbers[at] = value;
    return (at + 1) & (numbers - 1);
  }

  #read({ backend, ...entry }: Entry): Decision | undefined {
    if (backend === undefined) return undefined;
    const { requestId, at, replicaId, tier } = entry;
    const { deployment, revision, revisionId } = backend.facts;
    const width = 3 + this.#names.length;
    const number = (candidate: number, field: number): number =>
      this.#numbers[(entry.start + candidate * width + field) % numbers] as number;
    const candidates = Array.from({ length: entry.candidates }, (_, candidate) => ({
      replicaId: backend.replicas[number(candidate, 0)]?.id ?? '',
      total: number(candidate, 1),
      uncachedTokens: number(candidate, 2),
      scores: Object.fromEntries(this.#names.map((name, field) => [name, number(candidate, 3 + field)])),
    }));
    return { requestId, at, deployment, revision, revisionId, tier, replicaId, candidates };
  }
}
