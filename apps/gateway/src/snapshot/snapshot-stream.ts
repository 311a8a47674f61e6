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
  connected: (is: boolean) => void;
}

/** Stays connected to the control plane for as long as the gateway runs; its absence changes nothing for callers. */
export class SnapshotStream {
  readonly #options: SnapshotStreamOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isConnected = false;
  #wasTold = false;
  #backoffMs = firstBackoffMs;

  constructor(options: SnapshotStreamOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const problem = await this.#readToItsEnd();
      this.#lost(problem);
      if (signal.aborted) return;
      await clock.sleep(this.#backoffMs * (0.5 + random() / 2), signal);
      this.#backoffMs = Math.min(this.#backoffMs * 2, lastBackoffMs);
    }
  }

  async #readToItsEnd(): Promise<unknown> {
    const { controlPlane, keeper, onOffer } = this.#options;
    const reader = new EventReader();
    try {
      for await (const chunk of controlPlane.snapshots(keeper.current, this.#stop.signal)) {
        this.#alive();
        for (const event of reader.read(chunk)) if (event.name === 'snapshot') onOffer(keeper.offer(event.data));
      }
      return new Error('the stream ended');
    } catch (error) {
      return error;
    }
  }

  #alive(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#wasTold = false;
    this.#backoffMs = firstBackoffMs;
    this.#options.connected(true);
    this.#options.log.info('connected to the control plane');
  }

  #lost(problem: unknown): void {
    this.#isConnected = false;
    this.#options.connected(false);
    if (this.#stop.signal.aborted || this.#wasTold) return;
    // Once per outage, not once per try.
    this.#wasTold = true;
    this.#options.log.warn('not connected to the control plane; serving the last snapshot', { error: problem });
  }
}
