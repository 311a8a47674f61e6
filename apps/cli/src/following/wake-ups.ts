import type { Client, WatchItem } from '@signalbox/client';

/** Says when something that may matter has changed. A hint only: the reader looks at the state itself. */
export class WakeUps {
  #changed = false;
  #wake: (() => void) | undefined;
  readonly #stop = new AbortController();

  constructor(client: Client, project: string | undefined, matters: (item: WatchItem) => boolean) {
    void this.#listen(client, project, matters);
  }

  async #listen(client: Client, project: string | undefined, matters: (item: WatchItem) => boolean): Promise<void> {
    try {
      for await (const item of client.events({ project, signal: this.#stop.signal })) {
        if (matters(item)) this.#ring();
      }
    } catch {
      // Without events the wait goes on by looking now and then, which is slower and just as right.
    }
  }

  #ring(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Returns at a change, after `ms`, or when `signal` aborts. */
  async next(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, ms);
        const ring = (): void => done();
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', ring);
          resolve();
        }
        signal.addEventListener('abort', ring, { once: true });
        this.#wake = done;
      });
    }
    this.#wake = undefined;
    this.#changed = false;
  }

  close(): void {
    this.#stop.abort();
  }
}
