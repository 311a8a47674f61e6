import type { Clock, Logger } from '@signalbox/runtime';
import type { ControlPlane } from './control-plane.ts';
import { EventReader } from './event-reader.ts';
import type { OfferOutcome, SnapshotKeeper } from './snapshot-keeper.ts';

const firstBackoffMs = 100;
const lastBackoffMs = 2_000;

export interface SnapshotStreamOptions {
  controlPlane: Pick<ControlPlane, 'snapshots'>;
  keeper: Pick<SnapshotKeeper, 'offer' | 'current'>;
  clock: Clock;
  log: Logger;
  random: () => number;
  /** What became of a snapshot that came: the acknowledgement and the metrics hang on it. */
  onOffer: (outcome: OfferOutcome) => void;
}

/** Stays connected to the control plane for as long as the gateway runs; its absence changes nothing for callers. */
export class SnapshotStream {
  readonly #options: SnapshotStreamOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #connected = false;

  constructor(options: SnapshotStreamOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#connected;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log, random } = this.#options;
    const { signal } = this.#stop;
    let backoffMs = firstBackoffMs;
    let told = false;
    while (!signal.aborted) {
      let problem: unknown = new Error('the stream ended');
      try {
        for await (const chunk of this.#chunks()) {
          if (!this.#connected) log.info('connected to the control plane');
          this.#connected = true;
          told = false;
          backoffMs = firstBackoffMs;
          this.#read(chunk);
        }
      } catch (error) {
        problem = error;
      }
      this.#connected = false;
      if (signal.aborted) return;
      if (!told) log.warn('not connected to the control plane; serving the last snapshot', { error: problem });
      told = true;
      await clock.sleep(backoffMs * (0.5 + random() / 2), signal);
      backoffMs = Math.min(backoffMs * 2, lastBackoffMs);
    }
  }

  #reader = new EventReader();

  #chunks(): AsyncGenerator<Uint8Array> {
    this.#reader = new EventReader();
    return this.#options.controlPlane.snapshots(this.#options.keeper.current, this.#stop.signal);
  }

  #read(chunk: Uint8Array): void {
    for (const event of this.#reader.read(chunk))
      if (event.name === 'snapshot') this.#options.onOffer(this.#options.keeper.offer(event.data));
  }
}
