import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { CallerError } from '../dialects/errors/caller-error.ts';
import { errorBody } from '../dialects/errors/error-shape.ts';
import { callerErrors } from '../proxy/caller-error.ts';
import type { CallHandler, PendingCall } from './call-handler.ts';
import { headFromNode } from './node-head.ts';
import { NodeReply } from './node-reply.ts';
import type { PeerSource } from './peer-source.ts';
import type { Shedding } from './shedding.ts';

export interface NodeServerOptions {
  handler: CallHandler;
  headersTimeoutMs: number;
  idleMs: number;
  bodyStallMs: number;
  bodyTotalMs: number;
  slowReaderMs: number;
  shedding: Shedding;
  refused: (code: string) => void;
  newRequestId: () => string;
}

/** Where a request comes from. */
export interface Connection {
  readonly source: PeerSource;
  /** See `Shedding`. */
  readonly turnToLeave: number;
}

const maxHeadBytes = 16_384;
const lingerMs = 2_000;

/**
 * Node's own HTTP server for everything that is not ordinary: transfer codings, trailers, Expect, Upgrade, HTTP/1.0,
 * forms, and whatever is no good HTTP at all. It listens nowhere: connections are handed to it.
 */
export class NodeServer {
  readonly #options: NodeServerOptions;
  readonly #server: Server;
  /** The answers under way on each socket, in order: what else is written to it would fall between them. */
  readonly #answering = new Map<Duplex, ServerResponse[]>();
  readonly #connections = new WeakMap<Duplex, Connection>();
  #closing: NodeJS.Timeout | undefined;
  /** What these still send is read and thrown away. */
  readonly #refused = new WeakSet<Duplex>();

  constructor(options: NodeServerOptions) {
    const { headersTimeoutMs } = options;
    this.#options = options;
    this.#server = createServer({
      maxHeaderSize: maxHeadBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: Math.max(headersTimeoutMs, options.bodyTotalMs),
      connectionsCheckingInterval: Math.max(50, Math.min(headersTimeoutMs / 4, 5_000)),
      keepAliveTimeout: options.idleMs,
      // It would answer by itself, without a body, and go on with what stands behind; `headFromNode` looks.
      requireHostHeader: false,
      insecureHTTPParser: false,
    });
    // Node would silently drop what is beyond; the count is checked where the caller can be told.
    this.#server.maxHeadersCount = 0;
    // It never listens, but only from this event on does it look after slow connections.
    this.#server.emit('listening');
    const take = (request: IncomingMessage, response: ServerResponse): void => this.#received(request, response);
    // A caller that expects to be asked for its body is asked once its head has been accepted.
    this.#server.on('request', take).on('checkContinue', take).on('checkExpectation', take);
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#clientError(error, socket));
  }

  /** Takes over a connection, with the bytes that were read from it already. */
  adopt(socket: Duplex, bytes: Buffer, source: PeerSource): void {
    source.movesTo('node');
    this.#connections.set(socket, { source, turnToLeave: this.#options.shedding.newTurn() });
    socket.once('close', () => this.#gone(socket));
    if (bytes.length > 0) socket.unshift(bytes);
    this.#server.emit('connection', socket);
    socket.resume();
  }

  /** For connections that wait now, and for those that wait later because their answers had promised it. */
  idleNoLongerThan(ms: number): void {
    // Node takes 0 for "no bound".
    this.#server.keepAliveTimeout = Math.max(1, ms);
    this.#server.keepAliveTimeoutBuffer = 0;
    const close = (): void => this.#server.closeIdleConnections();
    if (ms === 0) close();
    else this.#closing = setTimeout(close, ms);
  }

  /** Stops its timers. */
  close(): void {
    clearTimeout(this.#closing);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A request of either version of HTTP that Node has; `stream` where it is HTTP/2. */
  take(request: IncomingMessage, response: ServerResponse, from: Connection, stream?: ServerHttp2Stream): void {
    // A caller that goes away is told by `close`; an error nobody listens to would end the process.
    response.on('error', () => undefined);
    const { handler, shedding, slowReaderMs } = this.#options;
    const isDraining = (): boolean => shedding.isTurnOf(from.turnToLeave);
    const reply = new NodeReply(request, response, { isDraining, slowReaderMs, stream });
    const head = headFromNode(request);
    if (head === undefined) {
      if (stream === undefined) response.shouldKeepAlive = false;
      return void this.#refuse(reply, callerErrors.badFraming());
    }
    // HTTP/2 callers are told of the bound, but held to it only once they have heard.
    if (head.lines.length > maxHeadBytes) return void this.#refuse(reply, callerErrors.headersTooLarge());
    const pending = handler.begin(head, reply, from.source.of(head.forwardedFor));
    if (pending === undefined) return;
    if (head.contentLength > pending.maxBodyBytes) return void pending.refuse('tooLarge');
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
    this.#collect(request, pending, stream);
  }

  #received(request: IncomingMessage, response: ServerResponse): void {
    // Behind an answer that ends the connection nobody waits for another.
    if (this.#refused.has(request.socket) || this.#answering.get(request.socket)?.some(isLast)) return;
    // Nothing is upgraded here, but Node's parser stops at such a request and drops what was read behind it.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    this.#track(request.socket, response);
    const from = this.#connections.get(request.socket);
    if (from === undefined) request.socket.destroy();
    else this.take(request, response, from);
  }

  #collect(request: IncomingMessage, pending: PendingCall, stream: ServerHttp2Stream | undefined): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    const stalled = setTimeout(() => refuse('tooSlow'), this.#options.bodyStallMs);
    const overdue = setTimeout(() => refuse('tooSlow'), this.#options.bodyTotalMs);
    const finish = (): boolean => {
      const first = !isOver;
      isOver = true;
      clearTimeout(stalled);
      clearTimeout(overdue);
      return first;
    };
    const refuse = (problem: 'tooSlow' | 'tooLarge'): void => {
      if (finish()) pending.refuse(problem);
    };
    request.on('data', (chunk: Buffer) => {
      if (isOver) return;
      stalled.refresh();
      bytes += chunk.length;
      if (bytes > pending.maxBodyBytes) refuse('tooLarge');
      else chunks.push(chunk);
    });
    request.on('end', () => {
      // A stream that was reset ends like a whole one.
      if (finish() && stream?.closed !== true)
        pending.proceed(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
    });
    request.on('close', finish);
    request.on('error', finish);
  }

  #refuse(reply: NodeReply, error: CallerError): void {
    this.#options.refused(error.code);
    const body = Buffer.from(errorBody(error, 'openai', ''));
    const id = this.#options.newRequestId();
    reply.start(error.status, `content-type: application/json\r\nx-request-id: ${id}\r\n`, body.length);
    reply.end(body);
  }

  #track(socket: Duplex, response: ServerResponse): void {
    const onSocket = this.#answering.get(socket) ?? [];
    onSocket.push(response);
    this.#answering.set(socket, onSocket);
    response.once('close', () => {
      onSocket.splice(onSocket.indexOf(response), 1);
      // The answer has left and the connection is ending: Node goes on to read what is still on its way here.
      if (isLast(response)) this.#refused.add(socket);
      if (onSocket.length > 0) return;
      this.#answering.delete(socket);
    });
  }

  /**
   * Where a request for a tunnel stands behind others, Node lets go of the socket and tells only the answer whose turn
   * it is: the ones behind it would wait for ever, and their calls go on.
   */
  #gone(socket: Duplex): void {
    for (const response of [...(this.#answering.get(socket) ?? [])]) {
      if (response.socket !== null) continue;
      response.destroy();
      response.emit('close');
    }
  }

  /** What Node's parser refused, or what did not come in time. The connection is never used again. */
  #clientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (this.#refused.has(socket)) return;
    const first = this.#answering.get(socket)?.[0];
    if (first?.req.complete === true) {
      // Garbage behind a good request: that one still gets its answer, and then the connection closes.
      first.shouldKeepAlive = false;
      return;
    }
    // Answered before the request had come: whatever comes of that, the answer is whole and its last.
    if (first?.headersSent === true) return void first.end();
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const refusal = refusalFor(error.code);
    this.#options.refused(refusal.code);
    const body = errorBody(refusal, 'openai', '');
    const head = [
      `HTTP/1.1 ${refusal.status} ${reasons[refusal.status] ?? 'Error'}`,
      'content-type: application/json',
      `x-request-id: ${this.#options.newRequestId()}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    this.#refused.add(socket);
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    // Closed while the caller is still sending, the connection would be reset and the answer could be lost.
    const linger = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(linger));
  }
}

function isLast({ headersSent, shouldKeepAlive }: ServerResponse): boolean {
  return headersSent && !shouldKeepAlive;
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function refusalFor(code: string | undefined): CallerError {
  if (code === 'HPE_HEADER_OVERFLOW') return callerErrors.headersTooLarge();
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return callerErrors.tooSlow();
  return callerErrors.badFraming();
}
