import { createHash } from 'node:crypto';
import type { Answering, StoredAnswer, StoredAnswers } from '../admission/idempotency/stored-answers.ts';
import { PassedReply } from '../callers/passed-reply.ts';
import type { Reply } from '../callers/reply.ts';

const maxKeyLength = 255;
/** Header lines of one answer that say nothing about the next one like it. */
const ofOneAnswer = /^x-ratelimit-[^\r]*\r\n/gim;

/** Answers given again to callers that ask again under the same Idempotency-Key. */
export class StoredReplies {
  readonly #answers: StoredAnswers;

  constructor(answers: StoredAnswers) {
    this.#answers = answers;
  }

  /** The reply to carry on with; or why there is none: the answer was given, or the key does not fit. */
  begin(
    key: string,
    request: { keyId: string; path: string; body: Buffer; reply: Reply },
    now: number,
  ): Reply | 'answered' | 'inFlight' | 'mismatch' {
    if (key.length > maxKeyLength) return request.reply;
    const fingerprint = createHash('sha256').update(request.path).update('\0').update(request.body).digest('base64');
    const begun = this.#answers.begin(request.keyId, key, fingerprint, now);
    if (begun.kind === 'inFlight' || begun.kind === 'mismatch') return begun.kind;
    if (begun.kind === 'fresh') return new RecordedReply(request.reply, this.#answers, begun.answering);
    replay(request.reply, begun.answer);
    return 'answered';
  }
}

function replay(reply: Reply, { status, headers, body }: StoredAnswer): void {
  const bytes = Buffer.concat([...body]);
  reply.start(status, `${headers.join('')}idempotent-replayed: true\r\n`, bytes.length);
  reply.end(bytes);
}

/** Passes an answer on and keeps a copy of it; one that fails or is cut off is not kept, so that it is done anew. */
class RecordedReply extends PassedReply {
  readonly #answers: StoredAnswers;
  readonly #answering: Answering;
  readonly #body: Buffer[] = [];
  #status = 0;
  #lines = '';

  constructor(reply: Reply, answers: StoredAnswers, answering: Answering) {
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
