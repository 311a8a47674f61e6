import type { Timed } from '../deadlines.ts';
import type { AnswerReader } from '../dialects/answer-reader.ts';
import { readerOf } from '../dialects/reader-of.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { ShadowOutcome } from '../observe/observers.ts';
import type { EngineRequest } from '../proxy/engine-request.ts';
import type { Asked } from '../proxy/exchanged-call.ts';
import { renamingOf } from '../proxy/model-names.ts';
import type { Replica } from '../routing/replica.ts';
import type { Backend } from '../routing/routing-table.ts';
import type { Failure } from '../upstream/failure.ts';
import type { UpstreamConnection, UpstreamListener } from '../upstream/upstream-connection.ts';
import type { ShadowTarget } from './shadow-target.ts';
import { mustMakeWay } from './spare-replica.ts';

/** What is known of a copy when it is over. */
export interface ShadowEnd {
  outcome: ShadowOutcome;
  /** 0 without an answer. */
  status: number;
  firstByteMs: number | null;
  durationMs: number;
  outputTokens: number;
}

export interface ShadowCopyParts {
  requestId: string;
  asked: Asked;
  /** Of the caller's body. */
  bytes: number;
  target: ShadowTarget<Backend>;
  replica: Replica;
  request: EngineRequest;
  now: () => number;
  ended: (copy: ShadowCopy, end: ShadowEnd) => void;
}

/**
 * One copy at one replica. What it answers is read as it comes, measured and let go; nothing is kept but half a frame.
 * It takes no lease and says nothing to the fleet: neither its load nor its failures are those of callers.
 */
export class ShadowCopy implements UpstreamListener, Timed {
  timedNext: Timed | undefined;
  timedPrevious: Timed | undefined;
  readonly parts: ShadowCopyParts;
  readonly #startedAt: number;
  #connection: UpstreamConnection | undefined;
  #reader: AnswerReader | undefined;
  #status = 0;
  #firstByteAt: number | null = null;
  #progressAt: number;
  #over = false;

  constructor(parts: ShadowCopyParts) {
    this.parts = parts;
    this.#startedAt = parts.now();
    this.#progressAt = this.#startedAt;
  }

  send(): void {
    const { asked, replica, request } = this.parts;
    const { method, target, body } = request;
    const length = `content-length: ${body?.length ?? 0}\r\n`;
    const head = `${method} ${target} HTTP/1.1\r\nhost: ${replica.address}\r\n${asked.lines}x-signalbox-shadow: true\r\n${length}\r\n`;
    this.#connection = replica.connections.send({ head, body }, this);
  }

  /** Whatever becomes of it says nothing about the revision. */
  giveUp(): void {
    this.#end('cancelled');
  }

  check(now: number): void {
    const { asked, target, replica } = this.parts;
    if (mustMakeWay(replica, target.backend.facts.maxInFlightPerReplica)) return void this.giveUp();
    const { firstByteMs, betweenBytesMs, totalMs } = asked.route.facts.timeouts;
    const isLate = now - this.#startedAt >= totalMs;
    if (isLate || now - this.#progressAt >= (this.#firstByteAt === null ? firstByteMs : betweenBytesMs))
      this.#end('error');
  }

  head(head: ResponseHead): void {
    this.#status = head.status;
    if (head.status >= 400) return;
    const { asked, target, request, requestId } = this.parts;
    const { api, dialect } = asked.request.endpoint;
    this.#reader = readerOf({
      // Of an answer to a translated request the engine's own form is read: nobody waits for the translation.
      api: request.isTranslated && api === 'messages' ? 'chat' : api,
      dialect,
      requestId,
      contentType: head.contentEncoding === undefined ? head.contentType : undefined,
      contentLength: head.framing === 'length' ? head.length : undefined,
      names: renamingOf(asked, target.backend),
      name: undefined,
      mark: undefined,
      hidden: request.hidden,
      isTranslated: false,
    });
  }

  data(bytes: Buffer): void {
    if (this.#reader === undefined) return;
    if (this.#firstByteAt === null) {
      this.#firstByteAt = this.parts.now();
      this.parts.target.observer.firstByte(this.#firstByteAt - this.#startedAt);
    }
    this.#reader.push(bytes);
  }

  flush(): void {
    this.#progressAt = this.parts.now();
  }

  ended(): void {
    this.#connection = undefined;
    if (this.#status >= 400) return void this.#end(this.#status >= 500 ? 'error' : 'callerError');
    this.#end(this.#reader?.finish().isWhole === true ? 'ok' : 'error');
  }

  failed(failure: Failure): void {
    // On a connection that was used before: it may have been closing while idle, which is nobody's fault.
    const isRace = failure.kind === 'reset' && this.#status === 0 && this.#connection?.isReused === true;
    this.#connection = undefined;
    this.#end(isRace ? 'cancelled' : 'error');
  }

  #end(outcome: ShadowOutcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection?.destroy();
    this.#connection = undefined;
    this.parts.ended(this, {
      outcome,
      status: this.#status,
      firstByteMs: this.#firstByteAt === null ? null : this.#firstByteAt - this.#startedAt,
      durationMs: this.parts.now() - this.#startedAt,
      outputTokens: this.#reader?.usage?.output ?? 0,
    });
  }
}
