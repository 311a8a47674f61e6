import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Reply, ReplyOwner } from './reply.ts';

const lingerMs = 2_000;
/** Slower than that over the whole of what is written, a caller does not read: 16 KB a second. */
const slowestBytesPerMs = 16;

export interface NodeReplyOptions {
  isDraining: () => boolean;
  slowReaderMs: number;
  /** Of an HTTP/2 request: what is broken off is this and not the connection. */
  stream: ServerHttp2Stream | undefined;
}

/** The reply of a request that Node's own server took in. */
export class NodeReply implements Reply {
  owner: ReplyOwner | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: NodeReplyOptions;
  /** Without a body there is nothing left to come, although Node says so only after it has told of the request. */
  readonly #hasBody: boolean;
  #ended = false;
  #bodiless = false;
  #slow: NodeJS.Timeout | undefined;
  #lingering: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: NodeReplyOptions) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    const { headers } = request;
    this.#hasBody =
      options.stream !== undefined ||
      headers['transfer-encoding'] !== undefined ||
      Number(headers['content-length'] ?? 0) > 0;
    response.on('close', () => this.#closed());
    response.on('drain', () => {
      clearTimeout(this.#slow);
      this.owner?.callerReads();
    });
  }

  get isOpen(): boolean {
    return !this.#ended && !this.#response.destroyed;
  }

  /** More of the request is to come. */
  get #isComing(): boolean {
    return this.#hasBody && !this.#request.complete;
  }

  get hasStarted(): boolean {
    return this.#response.headersSent;
  }

  start(status: number, lines: string, length: number | undefined): void {
    const headers = headersIn(lines);
    this.#bodiless = status === 204 || status === 304 || this.#request.method === 'HEAD';
    if (length !== undefined && status !== 204 && status !== 304) headers.push('content-length', String(length));
    if (this.#options.stream !== undefined) {
      this.#response.writeHead(status, forHttp2(headers));
      return;
    }
    const saysClose = lines.includes('connection: close\r\n');
    const closes = saysClose || this.#options.isDraining() || this.#isComing;
    if (closes && !saysClose) headers.push('connection', 'close');
    // Node would find out from the headers, but not tell.
    if (closes) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(status, headers);
  }

  write(bytes: Buffer): boolean {
    if (!this.isOpen || this.#bodiless) return true;
    const reads = this.#response.write(Buffer.from(bytes));
    if (!reads) this.#watchReader(bytes.length);
    return reads;
  }

  end(bytes?: Buffer): void {
    if (!this.isOpen) return;
    this.#ended = true;
    this.owner = undefined;
    const last = this.#bodiless || bytes === undefined ? undefined : Buffer.from(bytes);
    this.#watchReader(last?.length ?? 0);
    const { stream } = this.#options;
    if (!this.#isComing) return void this.#response.end(last);
    if (stream !== undefined) {
      // The rest of its body is of no use: told so, the caller stops sending it.
      stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
      return void this.#response.end(last);
    }
    if (last !== undefined) this.#response.write(last);
    this.#linger();
  }

  breakOff(): void {
    this.#ended = true;
    this.owner = undefined;
    const { stream } = this.#options;
    if (stream === undefined) this.#response.destroy();
    else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** A caller that takes nothing must not keep what is written to it for ever. */
  #watchReader(bytes: number): void {
    clearTimeout(this.#slow);
    const { slowReaderMs } = this.#options;
    this.#slow = setTimeout(() => this.#tookNothing(), slowReaderMs + bytes / slowestBytesPerMs);
  }

  #tookNothing(): void {
    const { owner } = this;
    this.breakOff();
    owner?.callerLeft();
  }

  /** See `FastConnection`: the caller is still sending, and must not lose its answer to a reset. */
  #linger(): void {
    const response = this.#response;
    const close = (): void => {
      clearTimeout(this.#lingering);
      response.end();
    };
    this.#lingering = setTimeout(close, lingerMs);
    this.#request.once('end', close).once('close', close).resume();
  }

  #closed(): void {
    clearTimeout(this.#slow);
    clearTimeout(this.#lingering);
    const { owner } = this;
    this.owner = undefined;
    if (this.#ended) return;
    this.#ended = true;
    owner?.callerLeft();
  }
}

function headersIn(lines: string): string[] {
  const headers: string[] = [];
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.push(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}

/** What HTTP/2 does not know; its connections end with a GOAWAY. */
const ofConnections: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
]);

function forHttp2(headers: readonly string[]): Record<string, string[]> {
  const object: Record<string, string[]> = {};
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    if (ofConnections.has(name)) continue;
    object[name] = [...(object[name] ?? []), headers[index + 1] as string];
  }
  return object;
}
