import type { TokenCounts } from '@signalbox/domain';
import { wordOf } from '../json/finish-reason.ts';
import { countsIn } from '../json/usage-counts.ts';
import { type Fields, fieldsOf, listOf, messageId, type Stop, stopOf, textOf, thoughtsIn } from './chat-answer.ts';
import { messageUsage } from './to-message.ts';

type Block = { kind: 'text' | 'thinking' } | { kind: 'call'; callIndex: number };

/**
 * The chunks of an OpenAI chat as the events of an Anthropic message. Blocks come one after the other: what another
 * kind of delta opens closes the one before.
 */
export class MessageEvents {
  usage: TokenCounts | undefined;
  finishReason: string | null = null;
  readonly #model: string;
  #isStarted = false;
  #blocks = 0;
  #open: Block | undefined;
  #calls = 0;
  #stop: Stop | undefined;

  constructor(model: string) {
    this.#model = model;
  }

  /** The events that one chunk makes. Throws when the chunks make no sense together. */
  chunk(chunk: Fields): string {
    this.usage = countsIn(chunk.usage) ?? this.usage;
    const choice = listOf(chunk.choices)[0];
    let events = this.#started(chunk);
    if (choice !== undefined) events += this.#choice(fieldsOf(choice));
    return events;
  }

  /** The events that end the message; undefined when it has not come to its end. */
  end(): string | undefined {
    if (!this.#isStarted || this.#stop === undefined) return undefined;
    const usage = messageUsage(this.usage);
    return (
      this.#closed() + event({ type: 'message_delta', delta: this.#stop, usage }) + event({ type: 'message_stop' })
    );
  }

  #started(chunk: Fields): string {
    if (this.#isStarted) return '';
    this.#isStarted = true;
    return event({
      type: 'message_start',
      message: {
        id: messageId(chunk.id),
        type: 'message',
        role: 'assistant',
        model: this.#model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...messageUsage(this.usage), output_tokens: 0 },
      },
    });
  }

  #choice(choice: Fields): string {
    const delta = fieldsOf(choice.delta);
    const thoughts = thoughtsIn(delta);
    const text = textOf(delta.content) || textOf(delta.refusal);
    let events = '';
    if (thoughts !== '') events += this.#delta('thinking', { type: 'thinking_delta', thinking: thoughts });
    if (text !== '') events += this.#delta('text', { type: 'text_delta', text });
    for (const call of listOf(delta.tool_calls)) events += this.#call(fieldsOf(call));
    if (typeof choice.finish_reason === 'string') {
      this.finishReason = wordOf(choice.finish_reason);
      this.#stop = stopOf(choice, this.#calls > 0);
    }
    return events;
  }

  #delta(kind: 'text' | 'thinking', delta: object): string {
    const empty = kind === 'text' ? { type: kind, text: '' } : { type: kind, thinking: '', signature: '' };
    const opened = this.#open?.kind === kind ? '' : this.#opened({ kind }, empty);
    return opened + this.#blockDelta(delta);
  }

  #call(call: Fields): string {
    const { name, arguments: text } = fieldsOf(call.function);
    const callIndex = typeof call.index === 'number' ? call.index : this.#calls;
    let events = '';
    if (this.#open?.kind !== 'call' || this.#open.callIndex !== callIndex) {
      if (textOf(name) === '') throw new Error('a tool call goes on after another one began');
      const id = textOf(call.id) || `toolu_${callIndex}`;
      events = this.#opened({ kind: 'call', callIndex }, { type: 'tool_use', id, name: textOf(name), input: {} });
      this.#calls++;
    }
    if (textOf(text) === '') return events;
    return events + this.#blockDelta({ type: 'input_json_delta', partial_json: textOf(text) });
  }

  #opened(block: Block, content_block: object): string {
    const closed = this.#closed();
    this.#open = block;
    this.#blocks++;
    return closed + event({ type: 'content_block_start', index: this.#blocks - 1, content_block });
  }

  #closed(): string {
    if (this.#open === undefined) return '';
    this.#open = undefined;
    return event({ type: 'content_block_stop', index: this.#blocks - 1 });
  }

  #blockDelta(delta: object): string {
    return event({ type: 'content_block_delta', index: this.#blocks - 1, delta });
  }
}

function event(data: { type: string; [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
