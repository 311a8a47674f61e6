import { createHash } from 'node:crypto';
import { assertNever } from '@signalbox/domain';
import type { Answering, AnswerStore, StoredAnswer, Told } from '../admission/idempotency/answer-store.ts';
import { PassedReply } from '../callers/passed-reply.ts';
import type { Reply } from '../callers/reply.ts';

const maxKeyLength = 255;
/** Header lines of one answer that say nothing about the next one like it. */
const ofOneAnswer = /^(?:x|anthropic)-ratelimit-[^\r]*\r\n/gim;

/** Answers given again to callers that ask again under the same Idempotency-Key. */
export class StoredReplies {
  readonly #answers: AnswerStore;

  constructor(answers: AnswerStore) {
    this.#answers = answers;
  }

  begin(key: string, request: { keyId: string; path: string; body: Buffer }, now: number): Told | Promise<Told> {
    if (key.length > maxKeyLength) return { kind: 'unknown' };
    const fingerprint = createHash('sha256').update(request.path).update('\0').update(request.body).digest('base64');
    return this.#answers.begin(request.keyId, key, fingerprint, now);
  }

  /** The reply to carry on with; or why there is none: the answer was given, or the key does not fit. */
  goOn(told: Told, reply: Reply): Reply | 'answered' | 'inFlight' | 'mismatch' {
    switch (told.kind) {
      case 'unknown':
        return reply;
      case 'fresh':
        return new RecordedReply(reply, this.#answers, told.answering);
      case 'replay':
        replay(reply, told.answer);
        return 'answered';
      case 'inFlight':
      case 'mismatch':
        return told.kind;
      default:
        return assertNever(told);
    }
  }

  /** What was told came too late for its request. */
  forget(told: Told): void {
    if (told.kind === 'fresh') this.#answers.abandon(told.answering);
  }
}

function replay(reply: Reply, { status, headers, body }: StoredAnswer): void {
  const bytes = Buffer.concat([...body]);
  reply.start(status, `${headers.join('')}idempotent-replayed: true\r\n`, bytes.length);
  reply.end(bytes);
}

/** Passes an answer on and keeps a copy of it; one that fails or is cut off is not kept, so that it is done anew. */
class RecordedReply extends PassedReply {
  readonly #answers: AnswerStore;
  readonly #answering: Answering;
  readonly #body: Buffer[] = [];
  #status = 0;
  #lines = '';

  constructor(reply: Reply, answers: AnswerStore, answering: Answering) {
    super(reply);
    this.#answers = answers;
    this.#answering = answering;
  }

  override start(status: number, lines: string, length: number | undefined): void {
    this.#status = status;
    this.#lines = lines.replace(ofOneAnswer, '');
    super.start(status, lines, length);
  }

  override write(bytes: Buffer): boolean {
    this.#body.push(Buffer.from(bytes));
    return super.write(bytes);
  }

  override end(bytes?: Buffer): void {
    if (bytes !== undefined) this.#body.push(Buffer.from(bytes));
    if (this.#status > 0 && this.#status < 500 && this.#status !== 429) this.#keep();
    else this.#answers.abandon(this.#answering);
    super.end(bytes);
  }

  override breakOff(): void {
    this.abandon();
    super.breakOff();
  }

  /** The caller left, or the stream ended in an error: the next try is a new one. */
  override abandon(): void {
    this.#answers.abandon(this.#answering);
    super.abandon();
  }

  #keep(): void {
    const headers = this.#lines === '' ? [] : [this.#lines];
    this.#answers.finish(this.#answering, { status: this.#status, headers, body: this.#body });
  }
}
