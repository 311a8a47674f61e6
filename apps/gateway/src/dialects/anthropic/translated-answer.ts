import type { TokenCounts } from '@signalbox/domain';
import type { AnswerReader } from '../answer-reader.ts';
import { isError } from '../streams/completion-rule.ts';
import { hasData, isAt, locate, newFrame } from '../streams/frame.ts';
import type { ErrorFrame } from '../streams/frame-rule.ts';
import { FrameSplitter, nextFrameEnd } from '../streams/frame-splitter.ts';
import { fieldsOf } from './chat-answer.ts';
import { MessageEvents } from './message-events.ts';
import { toMessage } from './to-message.ts';

const longestAnswer = 32 * 1024 * 1024;

/** A chat's plain answer, given as a message once it is whole. One that is no chat's answer is not whole. */
export class TranslatedAnswer implements AnswerReader {
  readonly frames = 0;
  usage: TokenCounts | undefined;
  finishReason: string | null = null;
  readonly #model: string;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(model: string) {
    this.#model = model;
  }

  push(chunk: Buffer): undefined {
    this.#heldBytes += chunk.length;
    if (this.#heldBytes <= longestAnswer) this.#held.push(Buffer.from(chunk));
    else this.#held = [];
  }

  finish(): { rest: Buffer | undefined; isWhole: boolean } {
    const translated = toMessage(parse(Buffer.concat(this.#held).toString('utf8')), this.#model);
    if (translated === undefined) return { rest: undefined, isWhole: false };
    this.usage = translated.usage;
    this.finishReason = translated.finishReason;
    return { rest: Buffer.from(JSON.stringify(translated.message)), isWhole: true };
  }
}

/** A chat's chunks, given on as the events of a message. */
export class TranslatedStream implements AnswerReader {
  frames = 0;
  readonly #events: MessageEvents;
  readonly #errorFrame: ErrorFrame;
  readonly #splitter = new FrameSplitter();
  readonly #frame = newFrame();
  #state: 'goesOn' | 'ended' | 'broken' = 'goesOn';

  constructor(model: string, errorFrame: ErrorFrame) {
    this.#events = new MessageEvents(model);
    this.#errorFrame = errorFrame;
  }

  get usage(): TokenCounts | undefined {
    return this.#events.usage;
  }

  get finishReason(): string | null {
    return this.#events.finishReason;
  }

  push(chunk: Buffer): Buffer | undefined {
    const whole = this.#splitter.push(chunk);
    return whole === undefined ? undefined : this.#read(whole);
  }

  finish(): { rest: Buffer | undefined; isWhole: boolean } {
    const left = this.#splitter.take();
    const isEnd = left?.includes('[DONE]') === true;
    const rest = left !== undefined && isEnd ? this.#read(left) : undefined;
    return { rest, isWhole: this.#state === 'ended' };
  }

  #read(bytes: Buffer): Buffer | undefined {
    const hasReturns = bytes.indexOf(13) >= 0;
    let events = '';
    for (let at = 0; at < bytes.length && this.#state === 'goesOn'; ) {
      const found = nextFrameEnd(bytes, at, hasReturns);
      const end = found < 0 ? bytes.length : found;
      locate(this.#frame, bytes, at, end, hasReturns);
      if (hasData(this.#frame) && !this.#frame.isSplit) events += this.#readFrame(bytes);
      at = end;
    }
    return events === '' ? undefined : Buffer.from(events);
  }

  #readFrame(bytes: Buffer): string {
    const { dataStart: start, dataEnd: end } = this.#frame;
    if (isAt(bytes, start, '[DONE]')) {
      const ended = this.#events.end();
      this.#state = ended === undefined ? 'broken' : 'ended';
      return ended ?? '';
    }
    if (isError(bytes, start, end)) {
      this.#state = 'ended';
      return this.#errorFrame(bytes.subarray(start, end), this.frames);
    }
    const chunk = parse(bytes.toString('utf8', start, end));
    try {
      if (chunk === undefined) throw new Error('a chunk is no JSON');
      const events = this.#events.chunk(fieldsOf(chunk));
      this.frames++;
      return events;
    } catch {
      // The exchange ends such a stream as any that broke off.
      this.#state = 'broken';
      return '';
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
