import type { Socket } from 'node:net';
import type { Timed } from '../deadlines.ts';
import { statusLine } from '../http1/reasons.ts';
import { RequestHead, readRequestHead } from '../http1/request-head.ts';
import type { Outbox } from '../outbox.ts';
import type { CallHandler, PendingCall } from './call-handler.ts';
import type { PeerSource } from './peer-source.ts';
import type { Reply, ReplyOwner } from './reply.ts';
import type { Shedding } from './shedding.ts';

const closeLine = 'connection: close\r\n';
const crlfcrlf = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');
const maxHeadBytes = 16_384;
/** Bytes of further requests that may wait behind the one that is answered; then the socket is paused. */
const maxHeldBytes = 65_536;
/** Answers up to here are written with their head in one piece. */
const joinedBytes = 32_768;
const lingerMs = 2_000;
/** A body that comes in very small pieces is joined as it comes: an object for each byte costs a hundred. */
const smallPieceBytes = 1_024;
const smallPieces = 256;
/** A head that is not whole by then goes to Node's server, which knows how to wait for it and what to say. */
const slowHeadMs = 1_000;

export interface FastConnectionOptions {
  handler: CallHandler;
  now: () => number;
  headersTimeoutMs: number;
  /** How long a connection may wait for its next request: less while the gateway leaves. */
  idleMs: () => number;
  bodyStallMs: number;
  outbox: Outbox;
  /** However steadily it comes, a body must be whole by then. */
  bodyTotalMs: number;
  /** How long a caller may take nothing of what is written to it. */
  slowReaderMs: number;
  shedding: Shedding;
  /** This is nothing for here: Node's server takes the connection, with these bytes first. */
  handOver: (connection: FastConnection, bytes: Buffer) => void;
  closed: (connection: FastConnection) => void;
}

const goneEvents = ['error', 'close'] as const;

type State =
  /** Waits for a request, or for the rest of its head. */
  | 'head'
  | 'body'
  /** A call is carried out; what comes meanwhile is held. */
  | 'answering'
  /** The last answer is written; until it has left, and for a moment more, what comes is read and thrown away. */
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
  /** Nothing has been asked on it yet, so that it may still turn out to speak another version of HTTP. */
  isFresh = true;
  readonly #socket: Socket;
  readonly #source: PeerSource;
  readonly #options: FastConnectionOptions;
  readonly #head = new RequestHead();
  readonly #turnToLeave: number;
  #state: State = 'head';
  #deadline: number;
  #idleSince: number;
  #held: Buffer | undefined;
  #pending: PendingCall | undefined;
  #body: Buffer[] = [];
  #bodyLeft = 0;
  #bodyBytes = 0;
  #bodyBy = 0;
  #smallPieces = 0;
  #keepAlive = true;
  #startLines = '';
  #chunked = false;
  #bodiless = false;
  #paused = false;
  #waitsForDrain = false;
  #watchesReader = false;
  #inTurn = false;
  readonly #onData = (chunk: Buffer): void => this.#read(chunk);
  readonly #onDrain = (): void => this.#drained();
  readonly #onEnd = (): void => this.#callerEnded();
  readonly #onTimeout = (): void => this.#tookNothing();
  readonly #onGone = (): void => this.#gone();

  constructor(socket: Socket, source: PeerSource, options: FastConnectionOptions) {
    this.#socket = socket;
    this.#source = source;
    this.#options = options;
    this.#turnToLeave = options.shedding.newTurn();
    this.#idleSince = options.now();
    this.#deadline = this.#idleSince + options.headersTimeoutMs;
    socket.on('data', this.#onData).on('drain', this.#onDrain);
    socket.on('end', this.#onEnd).on('timeout', this.#onTimeout);
    for (const event of goneEvents) socket.on(event, this.#onGone);
  }

  get isOpen(): boolean {
    return this.#state !== 'closed' && this.#state !== 'lingering' && this.#state !== 'head';
  }

  /** The time that it may wait for its next request has become shorter; its last answer may still be leaving. */
  idleNoLongerThan(ms: number): void {
    if (this.#state !== 'head' || this.#held !== undefined) return;
    this.#deadline = Math.min(this.#deadline, this.#idleSince + ms);
    if (this.#options.now() >= this.#deadline) this.#linger();
  }

  /** Takes this connection's hands off the socket. */
  release(): Socket {
    this.#state = 'closed';
    this.#held = undefined;
    this.#socket.off('data', this.#onData).off('drain', this.#onDrain);
    this.#socket.off('end', this.#onEnd).off('timeout', this.#onTimeout);
    if (this.#watchesReader) this.#socket.setTimeout(0);
    for (const event of goneEvents) this.#socket.off(event, this.#onGone);
    return this.#socket;
  }

  /** Ends it once what was written has left. */
  retire(): void {
    this.#linger();
  }

  check(now: number): void {
    if (now < this.#deadline) return;
    if (this.#state === 'body') {
      this.#pending?.refuse('tooSlow');
      return;
    }
    // The call looks after its own time; here only a caller that does not read is too slow.
    if (this.#state === 'answering' && !this.#waitsForDrain) return;
    if (this.#stillLeaving(now) || this.#state === 'answering') return;
    if (this.#state === 'head' && this.#held !== undefined) this.#options.handOver(this, this.#held);
    else this.#close();
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
    if (this.#state === 'body' || this.#options.shedding.isTurnOf(this.#turnToLeave)) this.#keepAlive = false;
    // Only errors say of themselves that they close; looking costs the others nothing.
    const saysClose = status >= 400 && lines.includes(closeLine);
    const ending = this.#keepAlive || saysClose ? '\r\n' : `${closeLine}\r\n`;
    if (saysClose) this.#keepAlive = false;
    this.#startLines = statusLine(status) + lines + framing + ending;
  }

  write(bytes: Buffer): boolean {
    if (!this.isOpen || this.#bodiless || bytes.length === 0) return true;
    if (this.#send(bytes, false)) return true;
    this.#waitsForDrain = true;
    this.#deadline = this.#options.now() + this.#options.slowReaderMs;
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
    this.#close();
  }

  /** Head, chunk frame, body and last chunk in as few writes as that takes. */
  #send(bytes: Buffer | undefined, isLast: boolean): boolean {
    const head = this.#startLines;
    this.#startLines = '';
    this.#options.outbox.hold(this.#socket);
    if (!this.#chunked && head === '') {
      return bytes === undefined || this.#socket.write(Buffer.from(bytes));
    }
    const length = bytes?.length ?? 0;
    const size = this.#chunked && length > 0 ? `${length.toString(16)}\r\n` : '';
    const tail = this.#chunked ? (length > 0 ? 2 : 0) + (isLast ? lastChunk.length : 0) : 0;
    const prefix = head + size;
    if (length > joinedBytes && bytes !== undefined) {
      this.#socket.write(prefix, 'latin1');
      let reads = this.#socket.write(Buffer.from(bytes));
      if (tail > 0) reads = this.#socket.write(`\r\n${isLast ? '0\r\n\r\n' : ''}`, 'latin1');
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
    if (this.#state === 'body' || !this.#keepAlive) return void this.#linger();
    this.#state = 'head';
    // Also while the gateway leaves: this answer promised to keep the connection, so the next request may be under way.
    this.#idleSince = this.#options.now();
    this.#deadline = this.#idleSince + this.#options.idleMs();
    // Inside of #turn its loop goes on by itself.
    if (!this.#inTurn && (this.#held !== undefined || this.#paused)) this.#turn();
  }

  /**
   * The last answer is written. Closing now would reset the connection and could tear the answer out of the caller's
   * hands, be it that it still sends or that it reads slowly: what comes is read and thrown away for a moment.
   */
  #linger(): void {
    this.#state = 'lingering';
    this.#deadline = this.#options.now() + lingerMs;
    this.#held = undefined;
    this.#body = [];
    this.#resume();
    this.#socket.end();
  }

  /**
   * Whether something written has yet to leave. The socket's own timer then watches the caller, since only Node sees
   * progress within a large write; it is set for such callers alone.
   */
  #stillLeaving(now: number): boolean {
    const leaving = this.#socket.writableLength > 0;
    if (leaving === this.#watchesReader) return leaving;
    this.#watchesReader = leaving;
    this.#socket.setTimeout(leaving ? this.#options.slowReaderMs : 0);
    if (!leaving) this.#deadline = now + (this.#state === 'head' ? this.#options.idleMs() : lingerMs);
    return true;
  }

  #tookNothing(): void {
    if (this.#socket.writableLength > 0) return void this.#close();
    this.#watchesReader = false;
    this.#socket.setTimeout(0);
  }

  #drained(): void {
    if (this.#waitsForDrain) {
      this.#waitsForDrain = false;
      this.owner?.callerReads();
    } else if (this.#state === 'head' && this.#paused) this.#turn();
  }

  /** Half a connection is none: whoever ends its side has left. But an answer that is written it may have. */
  #callerEnded(): void {
    const isAnswered = this.#state === 'lingering' || this.#state === 'head';
    if (isAnswered && this.#socket.writableLength > 0) this.#linger();
    else this.#gone();
  }

  #close(): void {
    // What was written before may still leave.
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
    this.#socket.destroy();
    this.#gone();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
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

  /**
   * Takes requests out of what was read, until it is used up or one of them is being answered. A caller that does not
   * read its answers gets no further ones: its requests wait, and then it does.
   */
  #turn(): void {
    this.#inTurn = true;
    while (this.#state === 'head' && this.#held !== undefined && !this.#socket.writableNeedDrain)
      if (!this.#takeRequest(this.#held)) break;
    this.#inTurn = false;
    if (this.#state === 'closed' || this.#state === 'lingering') return;
    const held = this.#held?.length ?? 0;
    const mustWait = this.#state === 'head' ? held > 0 && this.#socket.writableNeedDrain : held > maxHeldBytes;
    if (!mustWait) this.#resume();
    else if (!this.#paused) {
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
    this.isFresh = false;
    this.#keepAlive = this.#head.keepAlive;
    const length = Math.max(0, this.#head.contentLength);
    const whole = bytes.length >= bodyFrom + length;
    this.#state = whole ? 'answering' : 'body';
    if (!whole) this.#awaitBody();
    else if (bytes.length > bodyFrom + length) this.#held = bytes.subarray(bodyFrom + length);
    const pending = this.#options.handler.begin(this.#head, this, this.#source.of(this.#head.forwardedFor));
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
    this.#deadline = Math.min(this.#bodyBy, this.#options.now() + this.#options.bodyStallMs);
    if (chunk.length < this.#bodyLeft) {
      this.#body.push(chunk);
      this.#bodyLeft -= chunk.length;
      if (chunk.length < smallPieceBytes && ++this.#smallPieces >= smallPieces) this.#joinPieces();
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

  #awaitBody(): void {
    const now = this.#options.now();
    this.#bodyBy = now + this.#options.bodyTotalMs;
    this.#deadline = Math.min(this.#bodyBy, now + this.#options.bodyStallMs);
    this.#smallPieces = 0;
  }

  #joinPieces(): void {
    this.#body.push(Buffer.concat(this.#body.splice(-smallPieces)));
    this.#smallPieces = 0;
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
