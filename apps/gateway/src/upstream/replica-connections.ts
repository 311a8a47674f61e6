import type { Deadlines } from '../deadlines.ts';
import type { Outbox } from '../outbox.ts';
import { AttemptError, type Failure } from './failure.ts';
import { UpstreamConnection, type UpstreamListener, type UpstreamRequest } from './upstream-connection.ts';

/** vLLM closes idle connections after 5 s: let go first, or a request meets a closing socket. */
const idleMs = 4_000;
const marginMs = 1_000;

/**
 * Connections to one replica. The one that was used last is used next, so that a pool shrinks by itself to what the
 * load needs. No bound: a pool that is full queues where nobody sees it; limits are the router's business.
 */
export class ReplicaConnections {
  readonly #host: string;
  readonly #port: number;
  readonly #address: string;
  readonly #now: () => number;
  readonly #deadlines: Deadlines;
  readonly #outbox: Outbox;
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: { address: string; now: () => number; deadlines: Deadlines; outbox: Outbox }) {
    const { address, now, deadlines, outbox } = options;
    const colon = address.lastIndexOf(':');
    this.#host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    this.#port = Number(address.slice(colon + 1));
    this.#address = address;
    this.#now = now;
    this.#deadlines = deadlines;
    this.#outbox = outbox;
  }

  /** `host:port`, for the Host header. */
  get address(): string {
    return this.#address;
  }

  /** On an idle connection if there is one, unless a fresh one is asked for. */
  send(request: UpstreamRequest, listener: UpstreamListener, fresh = false): UpstreamConnection {
    const connection = (fresh ? undefined : this.#takeIdle()) ?? this.#open();
    connection.send(request, listener);
    return connection;
  }

  /** A small question outside of callers' traffic: health, metrics. */
  get(path: string, timeoutMs: number): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      let status = 0;
      let text = '';
      const fail = (failure: Failure): void => {
        clearTimeout(timer);
        reject(new AttemptError(`GET ${path}`, failure));
      };
      const listener: UpstreamListener = {
        head: (head) => {
          status = head.status;
        },
        data: (bytes) => {
          text += bytes.toString('latin1', 0, bytes.length);
          if (text.length > 4 * 1024 * 1024) {
            connection.destroy();
            fail({ kind: 'malformed' });
          }
        },
        flush: () => undefined,
        ended: () => {
          clearTimeout(timer);
          resolve({ status, text });
        },
        failed: fail,
      };
      const timer = setTimeout(() => {
        connection.destroy();
        fail({ kind: 'timeout' });
      }, timeoutMs).unref();
      const head = `GET ${path} HTTP/1.1\r\nhost: ${this.#address}\r\n\r\n`;
      const connection = this.send({ head, body: null }, listener);
    });
  }

  /** Of a replica that went away: nothing will come on them, also when it is back. */
  dropIdle(): void {
    for (const connection of [...this.#idle]) connection.destroy();
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const connection of [...this.#all]) connection.destroy();
  }

  idle(connection: UpstreamConnection): void {
    const announced = connection.idleForMs;
    const forMs = announced === undefined ? idleMs : Math.max(0, announced - marginMs);
    connection.idleUntil = this.#now() + forMs;
    this.#idle.push(connection);
    this.#sweep ??= setInterval(() => this.#dropStale(), marginMs).unref();
  }

  closed(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    this.#deadlines.leave(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #takeIdle(): UpstreamConnection | undefined {
    const now = this.#now();
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      if (connection.isUsable && now < connection.idleUntil) return connection;
      connection.destroy();
    }
  }

  #open(): UpstreamConnection {
    const [host, port, outbox, now] = [this.#host, this.#port, this.#outbox, this.#now()];
    const connection = new UpstreamConnection({ host, port, events: this, outbox, now });
    this.#all.add(connection);
    this.#deadlines.enter(connection);
    return connection;
  }

  #dropStale(): void {
    const now = this.#now();
    for (const connection of this.#idle.filter(({ idleUntil }) => now >= idleUntil)) connection.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
