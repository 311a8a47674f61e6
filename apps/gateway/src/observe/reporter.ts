import type { GatewayReport } from '@signalbox/domain';
import type { Logger } from '@signalbox/runtime';

const everyMs = 1_000;

/**
 * Tells the control plane once a second, and at once when something happened that it waits for. One report is under
 * way at a time; what happens meanwhile goes into the next one, so a slow control plane gets fewer, never stale ones.
 */
export class Reporter {
  readonly #send: (report: GatewayReport) => Promise<void>;
  readonly #report: () => GatewayReport | undefined;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #due = false;
  #failing = false;

  constructor(options: {
    send: (report: GatewayReport) => Promise<void>;
    /** Undefined as long as there is nothing to tell. */
    report: () => GatewayReport | undefined;
    log: Logger;
  }) {
    this.#send = options.send;
    this.#report = options.report;
    this.#log = options.log;
  }

  start(): void {
    this.#timer = setInterval(() => this.now(), everyMs);
  }

  now(): void {
    this.#due = true;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Sends what is still to be told, so that the control plane hears the last word. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.now();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    // Several changes of one turn of the event loop make one report.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#due) {
      this.#due = false;
      const report = this.#report();
      if (report === undefined) return;
      try {
        await this.#send(report);
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#log.warn('the report did not reach the control plane', { error });
        this.#failing = true;
      }
    }
  }
}
