import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  constants,
  createServer,
  type Http2Server as Http2,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Connection, NodeServer } from './node-server.ts';
import type { PeerSource } from './peer-source.ts';
import type { Shedding } from './shedding.ts';

export interface Http2ServerOptions {
  /** Whoever takes its requests in. */
  node: Pick<NodeServer, 'take'>;
  headersTimeoutMs: number;
  keepAliveMs: number;
  shedding: Shedding;
}

const maxStreams = 128;
const windowBytes = 262_144;
const sessionWindowBytes = 1_048_576;
/**
 * A caller that opens streams and resets them costs much more than it pays (CVE-2023-44487): so many at once and then
 * so many a second, and the session ends. Clients that stop a generation now and then stay far below.
 */
const resetBurst = 200;
const resetsPerSecond = 50;

/** What a connection that speaks HTTP/2 begins with, as far as it looks like a request's head. */
export const http2Preface = Buffer.from('PRI * HTTP/2.0\r\n\r\n');

/** Node's own HTTP/2 for callers that speak it. It listens nowhere: connections are handed to it. */
export class Http2Server {
  readonly #options: Http2ServerOptions;
  readonly #server: Http2;
  readonly #sessions = new Map<
    ServerHttp2Session,
    Connection & { streams: number; leaving: NodeJS.Timeout | undefined }
  >();
  /** Of the connection that is being adopted: its session comes up meanwhile. */
  #arriving: PeerSource | undefined;

  constructor(options: Http2ServerOptions) {
    this.#options = options;
    this.#server = createServer({
      settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: 16_384, initialWindowSize: windowBytes },
      maxSessionMemory: 32,
      streamResetBurst: resetBurst,
      streamResetRate: resetsPerSecond,
    });
    this.#server.on('session', (session) => this.#begun(session));
    const take = (request: Http2ServerRequest, response: Http2ServerResponse): void => this.#take(request, response);
    this.#server.on('request', take).on('checkContinue', take).on('checkExpectation', take);
    this.#server.on('sessionError', (_, session) => session.destroy());
  }

  get connections(): number {
    return this.#sessions.size;
  }

  /** Takes over a connection, with the bytes that were read from it already. */
  adopt(socket: Socket, bytes: Buffer, source: PeerSource): void {
    if (bytes.length > 0) {
      // It reads what is in the socket in its next turn; flowing, that would go to nobody before.
      socket.pause();
      socket.unshift(bytes);
    }
    source.movesTo('http2');
    this.#arriving = source;
    this.#server.emit('connection', socket);
    this.#arriving = undefined;
  }

  /** Tells every caller to open no more streams here; those that run go on, and the last one ends the connection. */
  drain(overMs: number): void {
    for (const [session, state] of this.#sessions)
      if (overMs === 0) session.close();
      else state.leaving ??= setTimeout(() => session.close(), state.turnToLeave * overMs);
  }

  close(): void {
    for (const session of this.#sessions.keys()) session.destroy();
  }

  #begun(session: ServerHttp2Session): void {
    const source = this.#arriving;
    if (source === undefined) return void session.destroy();
    const state = { source, turnToLeave: this.#options.shedding.newTurn(), streams: 0, leaving: undefined };
    this.#sessions.set(session, state);
    session.on('close', () => {
      clearTimeout(this.#sessions.get(session)?.leaving);
      this.#sessions.delete(session);
    });
    session.setLocalWindowSize(sessionWindowBytes);
    const { headersTimeoutMs, keepAliveMs } = this.#options;
    session.setTimeout(headersTimeoutMs);
    session.on('timeout', () => {
      if (state.streams === 0) session.close();
    });
    session.on('stream', (stream) => {
      if (state.streams++ === 0) session.setTimeout(keepAliveMs);
      stream.on('close', () => {
        state.streams--;
      });
    });
  }

  #take(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const { session } = request.stream;
    const state = session === undefined ? undefined : this.#sessions.get(session as ServerHttp2Session);
    if (state === undefined) return void request.stream.close(constants.NGHTTP2_REFUSED_STREAM);
    // Node's compatibility API has all that is used of HTTP/1.1's objects.
    const [asHttp1, answer] = [request as unknown as IncomingMessage, response as unknown as ServerResponse];
    this.#options.node.take(asHttp1, answer, state, request.stream);
    if (this.#options.shedding.isTurnOf(state.turnToLeave)) session?.close();
  }
}
