import type { Replica } from '../routing/replica.ts';
import { loadReading } from './load-reading.ts';

/** Undefined when there was no good answer. Must end by itself, and not after long. */
export type FetchText = (replica: Replica, path: string) => Promise<string | undefined>;

const everyMs = 1_000;
/** An engine that tells nothing (metrics on a port of their own, or switched off) is asked less often. */
const everyMsInSilence = 10_000;

interface Watch {
  timer: NodeJS.Timeout | undefined;
  stopped: boolean;
}

/** Asks every replica's engine for its load once a second, each at its own moment, and keeps the last answer on it. */
export class LoadReadings {
  readonly #parts: { fetchText: FetchText; now: () => number; random: () => number };
  readonly #watches = new Map<Replica, Watch>();

  constructor(parts: { fetchText: FetchText; now: () => number; random: () => number }) {
    this.#parts = parts;
  }

  watch(replica: Replica): void {
    const watch: Watch = { timer: undefined, stopped: false };
    this.#watches.set(replica, watch);
    void this.#read(replica, watch);
  }

  forget(replica: Replica): void {
    const watch = this.#watches.get(replica);
    if (watch === undefined) return;
    watch.stopped = true;
    clearTimeout(watch.timer);
    this.#watches.delete(replica);
  }

  async #read(replica: Replica, watch: Watch): Promise<void> {
    const { fetchText, now, random } = this.#parts;
    const text = await fetchText(replica, '/metrics').catch(() => undefined);
    if (watch.stopped) return;
    const reading = text === undefined ? null : loadReading(replica.engine, text, now());
    // A missed answer leaves the last one, which grows old by itself.
    if (reading !== null) replica.load = reading;
    const wait = reading === null ? everyMsInSilence : everyMs;
    watch.timer = setTimeout(() => void this.#read(replica, watch), wait * (0.9 + random() / 5));
  }
}
