import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@signalbox/runtime';
import type { Deadlines } from '../deadlines.ts';
import type { CallPath } from '../observe/call-summary.ts';
import type { Outbox } from '../outbox.ts';
import type { CallHandler } from './call-handler.ts';
import type { CallerEdges } from './caller-edges.ts';
import { CertificateFiles } from './certificate-files.ts';
import { ConnectionCounts } from './connection-counts.ts';
import { FastConnection, type FastConnectionOptions } from './fast-connection.ts';
import { Http2Server, http2Preface } from './http2-server.ts';
import { NodeServer } from './node-server.ts';
import { PeerSource } from './peer-source.ts';
import { takeProxyHeader } from './proxy-header.ts';
import { type Draining, Shedding } from './shedding.ts';
import { TlsServer } from './tls-server.ts';
import { plainAddress } from './trusted-proxies.ts';

/** Why a connection was refused before it was one: a label of the metrics. */
export type ConnectionRefusal = 'full' | 'address' | 'proxyHeader' | 'tls';

export interface CallerServerOptions {
  host: string;
  port: number;
  edges: CallerEdges;
  headersTimeoutMs: number;
  bodyStallMs: number;
  /** Longer than the idle time of common load balancers and clients: the side that closes first risks a race. */
  keepAliveMs?: number;
  bodyTotalMs?: number;
  slowReaderMs?: number;
  /** How often the files of the certificate are read. */
  certificateEveryMs?: number;
  handler: CallHandler;
  deadlines: Deadlines;
  outbox: Outbox;
  now: () => number;
  random: () => number;
  log: Logger;
  refused: (code: string) => void;
  connectionRefused: (because: ConnectionRefusal) => void;
  /** A connection begins to speak HTTP: on this path first, it may yet move to another. */
  accepted: (path: CallPath) => void;
  newRequestId: () => string;
  /** Off: every request goes through Node's own server, for who distrusts ours. */
  fastPath: boolean;
}

const defaults = { keepAliveMs: 75_000, bodyTotalMs: 300_000, slowReaderMs: 60_000, certificateEveryMs: 5_000 };
/** For the error events of streams that outlast the draining to leave the sockets. */
const lastWordsMs = 500;
const noBytes = Buffer.alloc(0);

/**
 * The callers' side: the port, and who reads a connection. It may first tell whom its proxy speaks for, then be made
 * secure; then it is HTTP/2's, the fast path's, or Node's.
 */
export class CallerServer {
  readonly #options: CallerServerOptions & typeof defaults;
  readonly #server: Server;
  readonly #node: NodeServer;
  readonly #http2: Http2Server;
  readonly #tls: TlsServer | undefined;
  readonly #certificate: CertificateFiles | undefined;
  readonly #counts: ConnectionCounts;
  readonly #sockets = new Set<Socket>();
  /** Those that nobody reads requests from yet, by the socket that came in. */
  readonly #arriving = new Map<Socket, PeerSource | undefined>();
  readonly #fast = new Map<FastConnection, PeerSource>();
  readonly #fastOptions: FastConnectionOptions;
  readonly #shedding: Shedding;
  #idleMs: number;
  #overMs = 0;
  #idle: (() => void) | undefined;

  constructor(given: CallerServerOptions) {
    const options = { ...defaults, ...given };
    const { edges, deadlines } = options;
    this.#options = options;
    const shedding = new Shedding(options);
    this.#shedding = shedding;
    this.#idleMs = options.keepAliveMs;
    this.#node = new NodeServer({ ...options, idleMs: options.keepAliveMs, shedding });
    this.#http2 = new Http2Server({ ...options, shedding, node: this.#node });
    this.#counts = new ConnectionCounts({ most: edges.maxConnections, mostPerAddress: edges.maxConnectionsPerAddress });
    this.#fastOptions = {
      ...options,
      idleMs: () => this.#idleMs,
      shedding,
      handOver: (from, bytes) => this.#handOver(from, bytes),
      closed: (from) => {
        this.#fast.delete(from);
        deadlines.leave(from);
      },
    };
    if (edges.tls !== null) {
      const tls = this.#createTls();
      this.#tls = tls;
      this.#certificate = new CertificateFiles({
        ...edges.tls,
        everyMs: options.certificateEveryMs,
        log: options.log,
        changed: (certificate) => tls.use(certificate),
      });
    }
    this.#server = createServer({ noDelay: true, allowHalfOpen: !options.fastPath }, (socket) =>
      this.#connected(socket),
    );
  }

  get connections(): number {
    return this.#counts.all;
  }

  get connectionsBy(): Readonly<Record<CallPath, number>> {
    const [fast, http2] = [this.#fast.size, this.#http2.connections];
    return { fast, http2, node: this.#sockets.size - this.#arriving.size - fast - http2 };
  }

  async listen(): Promise<{ host: string; port: number }> {
    await this.#certificate?.start();
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, 4_096, resolve);
    });
    return { host: this.#options.host, port: (this.#server.address() as AddressInfo).port };
  }

  /** A connection that another process has accepted. */
  adopt(socket: Socket): void {
    socket.setNoDelay(true);
    socket.allowHalfOpen = !this.#options.fastPath;
    this.#connected(socket);
  }

  /**
   * From now on answers close their connections, so that callers come back elsewhere. Those that wait for a request
   * may do so for `idleMs` from their last answer on: closing one at once could meet a request that is under way.
   * With `overMs`, each connection comes to its turn at a moment of its own within that time.
   */
  beginDraining({ idleMs, overMs = 0 }: Draining): void {
    this.#shedding.begin(overMs);
    this.#overMs = overMs;
    this.#idleMs = idleMs;
  }

  /** Takes no more and lets what runs finish within its time; `late` ends the rest, and then it is cut. */
  async drain(timeoutMs: number, late: () => void): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    this.#server.close();
    this.#certificate?.close();
    for (const socket of this.#arriving.keys()) socket.destroy();
    for (const connection of [...this.#fast.keys()]) connection.idleNoLongerThan(this.#idleMs);
    this.#node.idleNoLongerThan(this.#idleMs);
    this.#http2.drain(this.#overMs);
    if (this.#sockets.size > 0 && !(await within(timeoutMs, idle))) {
      late();
      await within(lastWordsMs, idle);
    }
    this.#node.close();
    this.#http2.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #createTls(): TlsServer {
    return new TlsServer({
      handshakeTimeoutMs: this.#options.headersTimeoutMs,
      secured: (socket, raw) => {
        const source = this.#arriving.get(raw);
        if (source === undefined) return void socket.destroy();
        this.#arriving.delete(raw);
        if (socket.alpnProtocol !== 'h2') return void this.#carry(socket, source);
        this.#options.accepted('http2');
        this.#http2.adopt(socket, noBytes, source);
      },
      failed: (raw) => {
        this.#options.connectionRefused('tls');
        raw.destroy();
      },
    });
  }

  #connected(socket: Socket): void {
    if (!this.#counts.enter()) return void this.#refuse(socket, 'full');
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#counts.leave();
      this.#sockets.delete(socket);
      this.#arriving.delete(socket);
      if (this.#sockets.size === 0) this.#idle?.();
    });
    const { edges, headersTimeoutMs } = this.#options;
    // Undefined when the caller has left already.
    const address = plainAddress(socket.remoteAddress ?? '');
    if (address === undefined) return void socket.destroy();
    if (edges.proxyProtocol === 'off' || !edges.trustedProxies.has(address)) return void this.#admit(socket, address);
    this.#arriving.set(socket, undefined);
    takeProxyHeader(socket, {
      versions: edges.proxyProtocol,
      timeoutMs: headersTimeoutMs,
      taken: (announced) => {
        this.#arriving.delete(socket);
        this.#admit(socket, announced === null ? address : (plainAddress(announced) ?? address));
      },
      failed: () => this.#refuse(socket, 'proxyHeader'),
    });
  }

  /** It is known whose the connection is. */
  #admit(socket: Socket, address: string): void {
    const { trustedProxies } = this.#options.edges;
    if (!trustedProxies.has(address)) {
      if (!this.#counts.enterFrom(address)) return void this.#refuse(socket, 'address');
      socket.on('close', () => this.#counts.leaveFrom(address));
    }
    const source = new PeerSource(address, 'fast', trustedProxies);
    if (this.#tls === undefined) return void this.#carry(socket, source);
    this.#arriving.set(socket, source);
    this.#tls.adopt(socket);
  }

  #refuse(socket: Socket, because: ConnectionRefusal): void {
    this.#options.connectionRefused(because);
    socket.on('error', () => undefined);
    socket.resetAndDestroy();
  }

  /** Plain or secured, it now speaks HTTP/1, or says that it does not. */
  #carry(socket: Socket, source: PeerSource): void {
    const { fastPath, accepted } = this.#options;
    accepted(fastPath ? 'fast' : 'node');
    if (!fastPath) return void this.#node.adopt(socket, noBytes, source);
    const connection = new FastConnection(socket, source, this.#fastOptions);
    this.#fast.set(connection, source);
    this.#options.deadlines.enter(connection);
    // Of a proxy's connection: what followed its header waits in it.
    if (socket.isPaused()) socket.resume();
  }

  #handOver(connection: FastConnection, bytes: Buffer): void {
    const source = this.#fast.get(connection) as PeerSource;
    this.#fast.delete(connection);
    this.#options.deadlines.leave(connection);
    const socket = connection.release();
    if (connection.isFresh && bytes.length >= http2Preface.length && bytes.compare(http2Preface, 0, 18, 0, 18) === 0)
      return void this.#http2.adopt(socket, bytes, source);
    // Node's server expects sockets that may be half open and ends them itself.
    socket.allowHalfOpen = true;
    this.#node.adopt(socket, bytes, source);
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
