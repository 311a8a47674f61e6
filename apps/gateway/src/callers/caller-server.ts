import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Deadlines } from '../deadlines.ts';
import type { CallHandler } from './call-handler.ts';
import { FastConnection } from './fast-connection.ts';
import { NodeServer } from './node-server.ts';

export interface CallerServerOptions {
  host: string;
  port: number;
  headersTimeoutMs: number;
  bodyStallMs: number;
  handler: CallHandler;
  deadlines: Deadlines;
  now: () => number;
  refused: (code: string) => void;
  newRequestId: () => string;
  /** Off: every request goes through Node's own server, for who distrusts ours. */
  fastPath: boolean;
}

/** Longer than the idle time of common load balancers and clients: the side that closes first risks a race. */
const keepAliveMs = 75_000;
/** For the error events of streams that outlast the draining to leave the sockets. */
const lastWordsMs = 500;
const noBytes = Buffer.alloc(0);

/** The callers' side: the port, and which of the two servers reads a connection. */
export class CallerServer {
  readonly #options: CallerServerOptions;
  readonly #server: Server;
  readonly #node: NodeServer;
  readonly #fast = new Set<FastConnection>();
  readonly #sockets = new Set<Socket>();
  #draining = false;
  #idle: (() => void) | undefined;

  constructor(options: CallerServerOptions) {
    const { handler, headersTimeoutMs, bodyStallMs, refused, newRequestId } = options;
    this.#options = options;
    const isDraining = (): boolean => this.#draining;
    this.#node = new NodeServer({
      handler,
      headersTimeoutMs,
      bodyStallMs,
      keepAliveMs,
      isDraining,
      refused,
      newRequestId,
    });
    this.#server = createServer({ noDelay: true, allowHalfOpen: !options.fastPath }, (socket) =>
      this.#connected(socket),
    );
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<{ host: string; port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, 4_096, resolve);
    });
    return { host: this.#options.host, port: (this.#server.address() as AddressInfo).port };
  }

  /** From now on answers close their connections, so that callers come back elsewhere. */
  beginDraining(): void {
    this.#draining = true;
  }

  /** Listens no more and lets what runs finish within its time; `late` ends the rest, and then it is cut. */
  async drain(timeoutMs: number, late: () => void): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    this.#draining = true;
    this.#server.close();
    for (const connection of [...this.#fast]) if (connection.isIdle) connection.close();
    this.#node.closeIdle();
    if (this.#sockets.size > 0 && !(await within(timeoutMs, idle))) {
      late();
      await within(lastWordsMs, idle);
    }
    this.#node.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#idle?.();
    });
    if (!this.#options.fastPath) return void this.#node.adopt(socket, noBytes);
    const { handler, deadlines, now, headersTimeoutMs, bodyStallMs } = this.#options;
    const connection = new FastConnection(socket, {
      handler,
      peer: { address: socket.remoteAddress ?? '', path: 'fast' },
      now,
      headersTimeoutMs,
      bodyStallMs,
      keepAliveMs,
      isDraining: () => this.#draining,
      handOver: (from, bytes) => this.#handOver(from, bytes),
      closed: (from) => this.#forget(from),
    });
    this.#fast.add(connection);
    deadlines.enter(connection);
  }

  #handOver(connection: FastConnection, bytes: Buffer): void {
    this.#forget(connection);
    const socket = connection.release();
    // Node's server expects sockets that may be half open and ends them itself.
    socket.allowHalfOpen = true;
    this.#node.adopt(socket, bytes);
  }

  #forget(connection: FastConnection): void {
    this.#fast.delete(connection);
    this.#options.deadlines.leave(connection);
  }
}

/** Whether it came true in time. */
async function within(ms: number, comesTrue: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const outcome = await Promise.race([comesTrue.then(() => true), late]);
  clearTimeout(timer);
  return outcome;
}
