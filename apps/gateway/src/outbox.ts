import type { Socket } from 'node:net';

/**
 * Keeps what is written within one turn of the event loop until its end, and then writes all of it in a row. Each write
 * to a process that sleeps wakes it on another core, which costs the writer more than the write itself; in a row, the
 * first one wakes it and the rest find it awake. Several writes to one socket become one. Alone, a write waits for the
 * rest of its turn, some microseconds.
 */
export class Outbox {
  #held: Socket[] = [];
  #due = false;
  readonly #run = (): void => this.flush();

  /** What is written to it from now on leaves with the rest. */
  hold(socket: Socket): void {
    if (socket.writableCorked > 0) return;
    socket.cork();
    this.#held.push(socket);
    if (this.#due) return;
    this.#due = true;
    setImmediate(this.#run);
  }

  flush(): void {
    this.#due = false;
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    for (const socket of held) socket.uncork();
  }
}
