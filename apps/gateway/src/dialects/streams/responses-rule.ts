import type { TokenCounts } from '@signalbox/domain';
import { type Edit, inOrder } from '../json/edit-bytes.ts';
import { responseReason } from '../json/finish-reason.ts';
import { countsInText } from '../json/usage-counts.ts';
import { memberOf } from '../json/walk-json.ts';
import { markIds } from '../responses/keeper-mark.ts';
import { eventName } from './event-name.ts';
import { type Frame, isAt } from './frame.ts';
import { type ErrorFrame, type FrameRule, type NameInFrames, renameIn } from './frame-rule.ts';

const ends: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);
const letters = 'cifqe';

/** OpenAI's Responses: the end is one of three events, which repeat the whole response with its usage. */
export class ResponsesRule implements FrameRule {
  hasEnded = false;
  readonly needsEnd = true;
  usage: TokenCounts | undefined;
  finishReason: string | null = null;
  readonly #name: NameInFrames | undefined;
  readonly #mark: Buffer | undefined;
  readonly #errorFrame: ErrorFrame;
  #frames = 0;

  constructor(options: { name: NameInFrames | undefined; mark: Buffer | undefined; errorFrame: ErrorFrame }) {
    this.#name = options.name;
    this.#mark = options.mark;
    this.#errorFrame = options.errorFrame;
  }

  read(bytes: Buffer, frame: Frame, edits: Edit[]): boolean {
    this.#frames++;
    // Deltas begin with `response.output…` or `response.reasoning…`: their first letter is enough.
    if (frame.eventEnd > frame.eventStart && isAt(bytes, frame.eventStart, 'response.')) {
      if (!letters.includes(String.fromCharCode(bytes[frame.eventStart + 9] ?? 0))) return true;
    }
    const event = eventName(bytes, frame);
    if (event === 'error') {
      this.hasEnded = true;
      const insert = Buffer.from(this.#errorFrame(bytes.subarray(frame.dataStart, frame.dataEnd), this.#frames - 1));
      edits.push({ at: frame.start, remove: frame.end - frame.start, insert });
      return true;
    }
    const isEnd = ends.has(event);
    if (isEnd || event === 'response.created' || event === 'response.in_progress' || event === 'response.queued')
      this.#readResponse(bytes, frame, edits, isEnd);
    return true;
  }

  #readResponse(bytes: Buffer, frame: Frame, edits: Edit[], isEnd: boolean): void {
    if (isEnd) this.hasEnded = true;
    const response = memberOf(bytes, frame.dataStart, frame.dataEnd, 'response');
    if (response === undefined) return;
    const { valueStart, valueEnd } = response;
    if (isEnd) {
      this.finishReason = responseReason(bytes, valueStart, valueEnd);
      const usage = memberOf(bytes, valueStart, valueEnd, 'usage');
      if (usage !== undefined)
        this.usage = countsInText(bytes.toString('latin1', usage.valueStart, usage.valueEnd)) ?? this.usage;
    }
    renameIn(bytes, valueStart, valueEnd, edits, this.#name);
    markIds(bytes, valueStart, valueEnd, edits, this.#mark);
    inOrder(edits);
  }
}
