import type { UsageRecord } from '@signalbox/domain';

const minuteMs = 60_000;
const spans = [minuteMs, 60 * minuteMs, 24 * 60 * minuteMs] as const;

/**
 * Records merged by minute, key, route, revision, outcome and exactness: what is kept where there is no room for each
 * of them. Nothing that is counted is lost. When even minutes are too many, they are merged to hours, then to days;
 * after that their number depends on how many keys and revisions there are.
 */
export class UsageTotals {
  readonly #most: number;
  #span: (typeof spans)[number] = minuteMs;
  #totals = new Map<string, UsageRecord>();

  constructor(most = 10_000) {
    this.#most = most;
  }

  get size(): number {
    return this.#totals.size;
  }

  add(record: UsageRecord): void {
    this.#merge(record);
    while (this.#totals.size > this.#most) {
      const wider = spans.find((span) => span > this.#span);
      if (wider === undefined) return;
      this.#span = wider;
      const before = this.#totals;
      this.#totals = new Map();
      for (const total of before.values()) this.#merge(total);
    }
  }

  /** Hands the merged records out, each under an id of its own, and begins anew. */
  take(newId: () => string): UsageRecord[] {
    const records = [...this.#totals.values()].map((total) => ({ ...total, id: newId() }));
    this.#totals = new Map();
    this.#span = minuteMs;
    return records;
  }

  #merge(record: UsageRecord): void {
    const from = Math.floor(record.startedAt / this.#span) * this.#span;
    const { gatewayId, keyId, routeId, revisionId, priority, outcome, exactness } = record;
    const name = JSON.stringify([from, gatewayId, keyId, routeId, revisionId, priority, outcome, exactness]);
    const known = this.#totals.get(name);
    if (known === undefined) this.#totals.set(name, merged(record, from));
    else addTo(known, record);
  }
}

function merged(record: UsageRecord, startedAt: number): UsageRecord {
  const ofOne = { requestId: '', traceId: '', replicaId: null, operation: '', stream: false, status: 0 };
  const { routing: _, ...rest } = record;
  return { ...rest, ...ofOne, startedAt, tokens: { ...record.tokens }, requests: record.requests ?? 1 };
}

function addTo(total: UsageRecord, record: UsageRecord): void {
  total.requests = (total.requests ?? 1) + (record.requests ?? 1);
  total.queuedMs += record.queuedMs;
  if (record.firstByteMs !== null) total.firstByteMs = (total.firstByteMs ?? 0) + record.firstByteMs;
  total.durationMs += record.durationMs;
  total.attempts += record.attempts;
  total.bytesIn += record.bytesIn;
  total.bytesOut += record.bytesOut;
  for (const kind of ['input', 'cached', 'output', 'reasoning'] as const) total.tokens[kind] += record.tokens[kind];
}
