import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CallerError, callerErrors, errorBody } from './caller-error.ts';

export interface CallerServerOptions {
  host: string;
  port: number;
  headersTimeoutMs: number;
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  refused: (code: string) => void;
}

/** For the error events of streams that outlast the draining to leave the sockets. */
const lastWordsMs = 500;

/** The callers' side: Node's own HTTP server, bounded in everything that a caller may make it hold. */
export class CallerServer {
  readonly #options: CallerServerOptions;
  readonly #server: Server;
  /** The answers under way on each socket, in order: what else is written to it would fall between them. */
  readonly #answering = new Map<Duplex, ServerResponse[]>();
  #sockets = 0;
  #draining = false;
  #idle: (() => void) | undefined;

  constructor(options: CallerServerOptions) {
    this.#options = options;
    this.#server = createServer({
      maxHeaderSize: 16_384,
      headersTimeout: options.headersTimeoutMs,
      requestTimeout: Math.max(options.headersTimeoutMs, 300_000),
      connectionsCheckingInterval: Math.max(50, Math.min(options.headersTimeoutMs / 4, 5_000)),
      // Longer than the idle time of common load balancers and clients: the side that closes first risks a race.
      keepAliveTimeout: 75_000,
      noDelay: true,
      requireHostHeader: true,
      insecureHTTPParser: false,
    });
    // Node would silently drop what is beyond; the count is checked where the caller can be told.
    this.#server.maxHeadersCount = 0;
    this.#server.on('request', (request, response) => this.#request(request, response));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#clientError(error, socket));
    this.#server.on('connection', (socket) => {
      this.#sockets++;
      socket.on('close', () => {
        this.#sockets--;
        if (this.#sockets === 0) this.#idle?.();
      });
    });
  }

  async listen(): Promise<{ host: string; port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, resolve);
    });
    return { host: this.#options.host, port: (this.#server.address() as AddressInfo).port };
  }

  /** Listens no more and lets what runs finish within its time; `late` ends the rest, and then it is cut. */
  async drain(timeoutMs: number, late: () => void): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    this.#draining = true;
    this.#server.close();
    if (this.#sockets === 0) return;
    if (!(await within(timeoutMs, idle))) {
      late();
      await within(lastWordsMs, idle);
    }
    this.#server.closeAllConnections();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const onSocket = this.#answering.get(socket) ?? [];
    onSocket.push(response);
    this.#answering.set(socket, onSocket);
    response.on('close', () => {
      onSocket.splice(onSocket.indexOf(response), 1);
      if (onSocket.length > 0) return;
      this.#answering.delete(socket);
      // It was promised to be kept alive before the draining began, and would idle until that is over.
      if (this.#draining) setImmediate(() => this.#server.closeIdleConnections());
    });
    // A caller that goes away is told by `close`; an error nobody listens to would end the process.
    response.on('error', () => undefined);
    this.#options.handle(request, response);
  }

  /** What Node's parser refused, or what did not come in time. The connection is never used again. */
  #clientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const first = this.#answering.get(socket)?.[0];
    if (first?.req.complete === true) {
      // Garbage behind a good request: that one still gets its answer, and then the connection closes.
      first.shouldKeepAlive = false;
      return;
    }
    if (first?.headersSent === true) return void socket.destroy();
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const refusal = refusalFor(error.code);
    this.#options.refused(refusal.code);
    const body = errorBody(refusal, 'openai', '');
    const head = [
      `HTTP/1.1 ${refusal.status} ${reasons[refusal.status] ?? 'Error'}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
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
