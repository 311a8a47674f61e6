import type { Socket } from 'node:net';
import { type FromWorker, parseToWorker, type ToWorker } from './messages.ts';

/** The worker's end of the channel. */
export class PrimaryLink {
  readonly #process: NodeJS.Process;

  constructor(own: NodeJS.Process) {
    this.#process = own;
  }

  /** Messages that came before are told first. */
  listen(listeners: { said: (message: ToWorker, socket: Socket | undefined) => void; lost: () => void }): void {
    this.#process.on('message', (raw, handle) => {
      const message = parseToWorker(raw);
      if (message !== undefined) listeners.said(message, handle as Socket | undefined);
    });
    this.#process.on('disconnect', listeners.lost);
  }

  /** Resolves when it is on its way; a primary that is gone is told by `lost`. */
  send(message: FromWorker): Promise<void> {
    const own = this.#process;
    return new Promise((resolve) => {
      if (!own.connected || own.send === undefined) resolve();
      else own.send(message, undefined, undefined, () => resolve());
    });
  }
}
