import type { TokenCounts } from '@signalbox/domain';
import type { Edit } from '../json/edit-bytes.ts';
import { reasonOf } from '../json/finish-reason.ts';
import { countsIn } from '../json/usage-counts.ts';
import { memberOf } from '../json/walk-json.ts';
import { eventName } from './event-name.ts';
import type { Frame } from './frame.ts';
import { type ErrorFrame, type FrameRule, type NameInFrames, renameIn } from './frame-rule.ts';

/**
 * Anthropic's Messages: input and cache are told in `message_start`, the output so far in each `message_delta`, which
 * may tell the input again.
 */
export class MessagesRule implements FrameRule {
  hasEnded = false;
  finishReason: string | null = null;
  readonly needsEnd = true;
  readonly #name: NameInFrames | undefined;
  readonly #errorFrame: ErrorFrame;
  #told: Record<string, unknown> | undefined;

  constructor(options: { name: NameInFrames | undefined; errorFrame: ErrorFrame }) {
    this.#name = options.name;
    this.#errorFrame = options.errorFrame;
  }

  get usage(): TokenCounts | undefined {
    return countsIn(this.#told);
  }

  read(bytes: Buffer, frame: Frame, edits: Edit[]): boolean {
    // `content_block_delta` and its kin, and `ping`: nothing to learn.
    const first = frame.eventEnd > frame.eventStart ? bytes[frame.eventStart] : 0;
    if (first === 99 || first === 112) return true;
    const { dataStart: start, dataEnd: end } = frame;
    const event = eventName(bytes, frame);
    if (event === 'message_start') {
      const message = memberOf(bytes, start, end, 'message');
      if (message === undefined) return true;
      this.#note(bytes, message.valueStart, message.valueEnd);
      renameIn(bytes, message.valueStart, message.valueEnd, edits, this.#name);
    } else if (event === 'message_delta') {
      this.#note(bytes, start, end);
      const delta = memberOf(bytes, start, end, 'delta');
      const reason = delta && memberOf(bytes, delta.valueStart, delta.valueEnd, 'stop_reason');
      if (reason !== undefined) this.finishReason = reasonOf(bytes, reason.valueStart, reason.valueEnd);
    } else if (event === 'message_stop') {
      this.hasEnded = true;
    } else if (event === 'error') {
      this.hasEnded = true;
      const insert = Buffer.from(this.#errorFrame(bytes.subarray(start, end), 0));
      edits.push({ at: frame.start, remove: frame.end - frame.start, insert });
    }
    return true;
  }

  #note(bytes: Buffer, start: number, end: number): void {
    const usage = memberOf(bytes, start, end, 'usage');
    if (usage === undefined || bytes[usage.valueStart] !== 123) return;
    try {
      const told = JSON.parse(bytes.toString('utf8', usage.valueStart, usage.valueEnd)) as Record<string, unknown>;
      const known = Object.entries(told).filter(([, value]) => typeof value === 'number');
      this.#told = { ...this.#told, ...Object.fromEntries(known) };
    } catch {
      // What an engine tells wrongly is not told.
    }
  }
}
