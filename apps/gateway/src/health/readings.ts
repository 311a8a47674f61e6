import type { Replica } from '../routing/replica.ts';
import { type Watch, Watches } from './watches.ts';

/** Undefined when there was no good answer. Must end by itself, and not after long. */
export type FetchText = (replica: Replica, path: string) => Promise<string | undefined>;

/** One thing that engines are asked for again and again. */
export interface Reading {
  /** Undefined where there is nothing to ask. */
  pathOf(replica: Replica): string | undefined;
  readonly everyMs: number;
  /** Keeps on the replica what it says. False when it says nothing. */
  take(replica: Replica, text: string, at: number): boolean;
}

/** An engine that tells nothing (metrics on a port of their own, or switched off) is asked less often. */
const everyMsInSilence = 10_000;

/** Asks every replica's engine, each at its own moment. A missed answer leaves the last one on it. */
export class Readings {
  readonly #parts: { reading: Reading; fetchText: FetchText; now: () => number; random: () => number };
  readonly #watches = new Watches<Watch>();

  constructor(parts: { reading: Reading; fetchText: FetchText; now: () => number; random: () => number }) {
    this.#parts = parts;
  }

  watch(replica: Replica): void {
    const path = this.#parts.reading.pathOf(replica);
    if (path === undefined) return;
    void this.#read(replica, path, this.#watches.begin(replica, { timer: undefined, stopped: false }));
  }

  forget(replica: Replica): void {
    this.#watches.end(replica);
  }

  async #read(replica: Replica, path: string, watch: Watch): Promise<void> {
    const { reading, fetchText, now, random } = this.#parts;
    const text = await fetchText(replica, path).catch(() => undefined);
    if (watch.stopped) return;
    const isTold = text !== undefined && reading.take(replica, text, now());
    const wait = isTold ? reading.everyMs : Math.max(reading.everyMs, everyMsInSilence);
    watch.timer = setTimeout(() => void this.#read(replica, path, watch), wait * (0.9 + random() / 5));
  }
}
