import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply, ReplyOwner } from './reply.ts';

const lingerMs = 2_000;

/** The reply of a request that Node's own server took in. */
export class NodeReply implements Reply {
  owner: ReplyOwner | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #isDraining: () => boolean;
  #ended = false;
  #bodiless = false;

  constructor(request: IncomingMessage, response: ServerResponse, isDraining: () => boolean) {
    this.#request = request;
    this.#response = response;
    this.#isDraining = isDraining;
    response.on('close', () => this.#closed());
    response.on('drain', () => this.owner?.callerReads());
  }

  get isOpen(): boolean {
    return !this.#ended && !this.#response.destroyed;
  }

  get hasStarted(): boolean {
    return this.#response.headersSent;
  }

  start(status: number, lines: string, length: number | undefined): void {
    const headers = headersIn(lines);
    this.#bodiless = status === 204 || status === 304 || this.#request.method === 'HEAD';
    if (length !== undefined && status !== 204 && status !== 304) headers.push('content-length', String(length));
    // HTTP/2 has no such header; its connections end with a GOAWAY.
    if (this.#request.httpVersionMajor === 1 && (this.#isDraining() || !this.#request.complete))
      headers.push('connection', 'close');
    if (this.#request.httpVersionMajor === 1) this.#response.writeHead(status, headers);
    else this.#response.writeHead(status, asObject(headers));
  }

  write(bytes: Buffer): boolean {
    return !this.isOpen || this.#bodiless || this.#response.write(Buffer.from(bytes));
  }

  end(bytes?: Buffer): void {
    if (!this.isOpen) return;
    this.#ended = true;
    this.owner = undefined;
    const last = this.#bodiless || bytes === undefined ? undefined : Buffer.from(bytes);
    if (this.#request.complete || this.#request.httpVersionMajor > 1) return void this.#response.end(last);
    if (last !== undefined) this.#response.write(last);
    this.#linger();
  }

  breakOff(): void {
    this.#ended = true;
    this.owner = undefined;
    this.#response.destroy();
  }

  /** See `FastConnection`: the caller is still sending, and must not lose its answer to a reset. */
  #linger(): void {
    const response = this.#response;
    const timer = setTimeout(close, lingerMs);
    function close(): void {
      clearTimeout(timer);
      response.end();
    }
    this.#request.once('end', close).once('close', close).resume();
  }

  #closed(): void {
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

function asObject(headers: readonly string[]): Record<string, string[]> {
  const object: Record<string, string[]> = {};
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    object[name] = [...(object[name] ?? []), headers[index + 1] as string];
  }
  return object;
}
