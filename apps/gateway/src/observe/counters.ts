import { type RevisionReport, type RouteReport, TTFT_BOUNDS_MS } from '@signalbox/domain';
import type { AttemptOutcome, RevisionObserver, RouteObserver } from './observers.ts';

/** Rows of revisions long gone are dropped past this many, oldest first; a live one is never that old. */
const maxRows = 5_000;

/** The counts that go into the report: since the start of the process, over all snapshots. */
export class Counters {
  readonly #revisions = new Map<string, RevisionCounter>();
  readonly #routes = new Map<string, RouteCounter>();

  revision(routeId: string, revisionId: string): RevisionCounter {
    return rowOf(this.#revisions, `${routeId} ${revisionId}`, () => new RevisionCounter(routeId, revisionId));
  }

  route(routeId: string): RouteCounter {
    return rowOf(this.#routes, routeId, () => new RouteCounter(routeId));
  }

  revisions(): RevisionReport[] {
    return Array.from(this.#revisions.values(), (row) => row.report());
  }

  routes(): RouteReport[] {
    return Array.from(this.#routes.values(), (row) => row.report());
  }
}

/** Moves the row to the young end of the map each time a snapshot names it. */
function rowOf<Row>(rows: Map<string, Row>, key: string, make: () => Row): Row {
  const row = rows.get(key) ?? make();
  rows.delete(key);
  rows.set(key, row);
  if (rows.size > maxRows) {
    const oldest = rows.keys().next();
    if (!oldest.done) rows.delete(oldest.value);
  }
  return row;
}

export class RevisionCounter implements RevisionObserver {
  readonly #routeId: string;
  readonly #revisionId: string;
  readonly #ttft = new Array<number>(TTFT_BOUNDS_MS.length + 1).fill(0);
  #ttftSumMs = 0;
  #requests = 0;
  #errors = 0;
  #rescued = 0;
  #cancelled = 0;
  #outputTokens = 0;

  constructor(routeId: string, revisionId: string) {
    this.#routeId = routeId;
    this.#revisionId = revisionId;
  }

  firstToken(afterMs: number): void {
    const bound = TTFT_BOUNDS_MS.findIndex((ms) => afterMs <= ms);
    const bucket = bound < 0 ? TTFT_BOUNDS_MS.length : bound;
    this.#ttft[bucket] = (this.#ttft[bucket] ?? 0) + 1;
    this.#ttftSumMs += afterMs;
  }

  finished(outcome: AttemptOutcome, _durationMs: number, outputTokens: number): void {
    this.#requests++;
    this.#outputTokens += outputTokens;
    if (outcome === 'error') this.#errors++;
    if (outcome === 'cancelled') this.#cancelled++;
  }

  rescued(): void {
    this.#rescued++;
  }

  report(): RevisionReport {
    let count = 0;
    // Kept per bucket, told cumulatively: each count holds all requests at or below its bound.
    const counts = this.#ttft.map((inBucket) => {
      count += inBucket;
      return count;
    });
    return {
      routeId: this.#routeId,
      revisionId: this.#revisionId,
      requests: this.#requests,
      errors: this.#errors,
      rescued: this.#rescued,
      cancelled: this.#cancelled,
      ttft: { counts, sumMs: this.#ttftSumMs, count },
      outputTokens: this.#outputTokens,
    };
  }
}

export class RouteCounter implements RouteObserver {
  readonly #routeId: string;
  #inFlight = 0;
  #unserved = 0;

  constructor(routeId: string) {
    this.#routeId = routeId;
  }

  started(): void {
    this.#inFlight++;
  }

  ended(): void {
    this.#inFlight--;
  }

  unserved(): void {
    this.#unserved++;
  }

  report(): RouteReport {
    return { routeId: this.#routeId, inFlight: this.#inFlight, unserved: this.#unserved };
  }
}
