import type { Socket } from 'node:net';
import type { Timed } from '../deadlines.ts';
import { statusLine } from '../http1/reasons.ts';
import { RequestHead, readRequestHead } from '../http1/request-head.ts';
import type { CallHandler, Peer, PendingCall } from './call-handler.ts';
import type { Reply, ReplyOwner } from './reply.ts';

const crlfcrlf = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');
const maxHeadBytes = 16_384;
/** Bytes of further requests that may wait behind the one that is answered; then the socket is paused. */
const maxHeldBytes = 65_536;
/** Answers up to here are written with their head in one piece. */
const joinedBytes = 32_768;
const lingerMs = 2_000;
const slowReaderMs = 60_000;
/** A head that is not whole by then goes to Node's server, which knows how to wait for it and what to say. */
const slowHeadMs = 1_000;

export interface FastConnectionOptions {
  handler: CallHandler;
  peer: Peer;
  now: () => number;
  headersTimeoutMs: number;
  keepAliveMs: number;
  bodyStallMs: number;
  /** The gateway leaves: answers close their connections. */
  isDraining: () => boolean;
  /** This is nothing for here: Node's server takes the connection, with these bytes first. */
  handOver: (connection: FastConnection, bytes: Buffer) => void;
  closed: (connection: FastConnection) => void;
}

const goneEvents = ['error', 'end', 'close'] as const;

type State =
  /** Waits for a request, or for the rest of its head. */
  | 'head'
  | 'body'
  /** A call is carried out; what comes meanwhile is held. */
  | 'answering'
  /** An answer was given before the request had come; the rest is read and thrown away for a moment. */
  | 'lingering'
  | 'closed';

/**
 * A caller's connection on the fast path: requests with a declared length, one after the other. It is the reply of
 * the request that it carries, so that a request costs no object here.
 */
export class FastConnection implements Reply, Timed {
  timedNext: Timed | undefined;
  timedPrevious: Timed | undefined;
  owner: ReplyOwner | undefined;
  hasStarted = false;
  readonly #socket: Socket;
  readonly #options: FastConnectionOptions;
  readonly #head = new RequestHead();
  #state: State = 'head';
  #deadline: number;
  #held: Buffer | undefined;
  #pending: PendingCall | undefined;
  #body: Buffer[] = [];
  #bodyLeft = 0;
  #bodyBytes = 0;
  #keepAlive = true;
  #startLines = '';
  #chunked = false;
  #bodiless = false;
  #paused = false;
  #waitsForDrain = false;
  #inTurn = false;
  readonly #onData = (chunk: Buffer): void => this.#read(chunk);
  readonly #onDrain = (): void => this.#drained();
  readonly #onGone = (): void => this.#gone();

  constructor(socket: Socket, options: FastConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#deadline = options.now() + options.headersTimeoutMs;
    socket.on('data', this.#onData).on('drain', this.#onDrain);
    for (const event of goneEvents) socket.on(event, this.#onGone);
  }

  get isOpen(): boolean {
    return this.#state !== 'closed' && this.#state !== 'lingering' && this.#state !== 'head';
  }

  get isIdle(): boolean {
    return this.#state === 'head' && this.#held === undefined;
  }

  /** Takes this connection's hands off the socket. */
  release(): Socket {
    this.#state = 'closed';
    this.#held = undefined;
    this.#socket.off('data', this.#onData).off('drain', this.#onDrain);
    for (const event of goneEvents) this.#socket.off(event, this.#onGone);
    return this.#socket;
  }

  close(): void {
    this.#socket.destroy();
    this.#gone();
  }

  check(now: number): void {
    if (now < this.#deadline) return;
    if (this.#state === 'answering') {
      // The call looks after its own time; here only a caller that does not read is too slow.
      if (this.#waitsForDrain) this.close();
      return;
    }
    if (this.#state === 'body') {
      this.#pending?.refuse('tooSlow');
      return;
    }
    if (this.#state === 'head' && this.#held !== undefined) this.#options.handOver(this, this.#held);
    else this.close();
  }

  start(status: number, lines: string, length: number | undefined): void {
    this.hasStarted = true;
    this.#bodiless = status === 204 || status === 304;
    this.#chunked = length === undefined && !this.#bodiless;
    const framing = this.#bodiless
      ? ''
      : length === undefined
        ? 'transfer-encoding: chunked\r\n'
        : `content-length: ${length}\r\n`;
    // Given before the body has come, an answer is the connection's last: what follows of the body is no request.
    if (this.#state === 'body' || this.#options.isDraining()) this.#keepAlive = false;
    this.#startLines = `${statusLine(status)}${lines}${framing}${this.#keepAlive ? '\r\n' : 'connection: close\r\n\r\n'}`;
  }

  write(bytes: Buffer): boolean {
    if (!this.isOpen || this.#bodiless || bytes.length === 0) return true;
    if (this.#send(bytes, false)) return true;
    this.#waitsForDrain = true;
    this.#deadline = this.#options.now() + slowReaderMs;
    return false;
  }

  end(bytes?: Buffer): void {
    if (!this.isOpen) return;
    const hasBody = bytes !== undefined && bytes.length > 0 && !this.#bodiless;
    if (hasBody || this.#startLines !== '' || this.#chunked) this.#send(hasBody ? bytes : undefined, true);
    this.#finish();
  }

  breakOff(): void {
    this.owner = undefined;
    this.close();
  }

  /** Head, chunk frame, body and last chunk in as few writes as that takes. */
  #send(bytes: Buffer | undefined, isLast: boolean): boolean {
    const head = this.#startLines;
    this.#startLines = '';
    if (!this.#chunked && head === '') {
      return bytes === undefined || this.#socket.write(Buffer.from(bytes));
    }
    const length = bytes?.length ?? 0;
    const size = this.#chunked && length > 0 ? `${length.toString(16)}\r\n` : '';
    const tail = this.#chunked ? (length > 0 ? 2 : 0) + (isLast ? lastChunk.length : 0) : 0;
    const prefix = head + size;
    if (length > joinedBytes && bytes !== undefined) {
      this.#socket.cork();
      this.#socket.write(prefix, 'latin1');
      let reads = this.#socket.write(Buffer.from(bytes));
      if (tail > 0) reads = this.#socket.write(`\r\n${isLast ? '0\r\n\r\n' : ''}`, 'latin1');
      this.#socket.uncork();
      return reads;
    }
    const joined = Buffer.allocUnsafe(prefix.length + length + tail);
    let at = joined.write(prefix, 0, 'latin1');
    if (bytes !== undefined && length > 0) {
      joined.set(bytes, at);
      at += length;
    }
    if (this.#chunked) {
      if (length > 0) {
        joined[at++] = 13;
        joined[at++] = 10;
      }
      if (isLast) joined.set(lastChunk, at);
    }
    return this.#socket.write(joined);
  }

  /** The answer is written: on to the next request, or the end of the connection. */
  #finish(): void {
    this.owner = undefined;
    this.#pending = undefined;
    this.#waitsForDrain = false;
    this.hasStarted = false;
    this.#chunked = false;
    if (this.#state === 'body') return void this.#linger();
    if (!this.#keepAlive) {
      this.#state = 'lingering';
      this.#deadline = this.#options.now() + lingerMs;
      this.#socket.end();
      return;
    }
    this.#state = 'head';
    this.#deadline = this.#options.now() + this.#options.keepAliveMs;
    if (this.#options.isDraining() && this.#held === undefined) return void this.#socket.end(() => this.close());
    if (this.#paused) {
      this.#paused = false;
      this.#socket.resume();
    }
    // Inside of #read its loop goes on by itself.
    if (!this.#inTurn && this.#held !== undefined) this.#turn();
  }

  /**
   * Answered while the caller is still sending. Closing now would reset the connection and could tear the answer out
   * of its hands, so the rest is read and thrown away for a moment.
   */
  #linger(): void {
    this.#state = 'lingering';
    this.#deadline = this.#options.now() + lingerMs;
    this.#body = [];
    this.#socket.end();
  }

  #drained(): void {
    if (!this.#waitsForDrain) return;
    this.#waitsForDrain = false;
    this.owner?.callerReads();
  }

  #gone(): void {
    if (this.#state === 'closed') return;
    const { owner } = this;
    this.owner = undefined;
    this.#state = 'closed';
    this.#held = undefined;
    this.#body = [];
    this.#pending = undefined;
    this.#socket.destroy();
    this.#options.closed(this);
    owner?.callerLeft();
  }

  #read(chunk: Buffer): void {
    if (this.#state === 'lingering' || this.#state === 'closed') return;
    if (this.#state === 'body') {
      const rest = this.#collect(chunk);
      if (rest === undefined) return;
      this.#held = rest;
    } else {
      this.#held = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    }
    this.#turn();
  }

  /** Takes requests out of what was read, until it is used up or one of them is being answered. */
  #turn(): void {
    this.#inTurn = true;
    while (this.#state === 'head' && this.#held !== undefined) if (!this.#takeRequest(this.#held)) break;
    this.#inTurn = false;
    if (this.#state === 'answering' && (this.#held?.length ?? 0) > maxHeldBytes && !this.#paused) {
      this.#paused = true;
      this.#socket.pause();
    }
  }

  /** False while more must come, or when the connection is no longer ours. */
  #takeRequest(bytes: Buffer): boolean {
    const empty = bytes.indexOf(crlfcrlf);
    if (empty < 0) {
      // A whole head's worth without an end, or something that is no request line: not ours to explain.
      if (bytes.length > maxHeadBytes || !looksOrdinary(bytes)) this.#options.handOver(this, bytes);
      else if (bytes.length > 0) this.#deadline = Math.min(this.#deadline, this.#headDeadline());
      return false;
    }
    const bodyFrom = empty + 4;
    if (bodyFrom > maxHeadBytes || !readRequestHead(bytes, 0, bodyFrom - 2, this.#head)) {
      this.#options.handOver(this, bytes);
      return false;
    }
    this.#held = undefined;
    this.#keepAlive = this.#head.keepAlive;
    const length = Math.max(0, this.#head.contentLength);
    const whole = bytes.length >= bodyFrom + length;
    this.#state = whole ? 'answering' : 'body';
    if (!whole) this.#deadline = this.#options.now() + this.#options.bodyStallMs;
    else if (bytes.length > bodyFrom + length) this.#held = bytes.subarray(bodyFrom + length);
    const pending = this.#options.handler.begin(this.#head, this, this.#options.peer);
    if (pending === undefined) return true;
    if (length > pending.maxBodyBytes) {
      pending.refuse('tooLarge');
      return true;
    }
    if (whole) {
      pending.proceed(length === 0 ? noBytes : bytes.subarray(bodyFrom, bodyFrom + length));
      return true;
    }
    this.#pending = pending;
    this.#bodyLeft = length - (bytes.length - bodyFrom);
    this.#bodyBytes = length;
    this.#body = bytes.length > bodyFrom ? [bytes.subarray(bodyFrom)] : [];
    return false;
  }

  /** Returns what belongs to the next request once the body is whole (possibly nothing), undefined before. */
  #collect(chunk: Buffer): Buffer | undefined {
    this.#deadline = this.#options.now() + this.#options.bodyStallMs;
    if (chunk.length < this.#bodyLeft) {
      this.#body.push(chunk);
      this.#bodyLeft -= chunk.length;
      return undefined;
    }
    const pending = this.#pending as PendingCall;
    this.#body.push(chunk.length === this.#bodyLeft ? chunk : chunk.subarray(0, this.#bodyLeft));
    const rest = chunk.length === this.#bodyLeft ? undefined : chunk.subarray(this.#bodyLeft);
    const body = this.#body.length === 1 ? (this.#body[0] as Buffer) : Buffer.concat(this.#body, this.#bodyBytes);
    this.#body = [];
    this.#pending = undefined;
    this.#state = 'answering';
    this.#held = rest;
    this.#inTurn = true;
    pending.proceed(body);
    this.#inTurn = false;
    return this.#held;
  }

  #headDeadline(): number {
    return this.#options.now() + Math.min(slowHeadMs, this.#options.headersTimeoutMs);
  }
}

const noBytes = Buffer.alloc(0);

/** Whether it may still become a request of this path: the method's first letter, or an empty line before it is not. */
function looksOrdinary(bytes: Buffer): boolean {
  return bytes[0] === 80 || bytes[0] === 71;
}
