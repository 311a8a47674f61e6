/** What a caller got, in the end. */
export interface Received {
  isStream: boolean;
  /** Undefined when there was no head. */
  status: number | undefined;
  text: string;
  /** The answer ended as HTTP has it, and not by a connection that broke. */
  endedWell: boolean;
  /** What the client said. */
  error: string;
}

export type Outcome =
  | { kind: 'whole' }
  /** Nothing of an answer had come: the caller would have to ask again. */
  | { kind: 'failed'; detail: string }
  /** A stream that had begun and ended in one error event. */
  | { kind: 'brokenWell' }
  /** A stream that had begun and was cut, or had more than that one event, or one that no client understands. */
  | { kind: 'brokenBadly'; detail: string }
  /** An ordinary answer that had begun: no error can be said in it. */
  | { kind: 'cut' };

/** Frames of the mock carry their number, eight hexadecimal digits after this. */
const frameMark = '"content":"@';

/** `frames` is how many a whole stream has. A frame lost or told twice makes a stream bad however it ends. */
export function outcomeOf({ isStream, status, text, endedWell, error }: Received, frames: number): Outcome {
  if (status !== 200 || text === '')
    return { kind: 'failed', detail: `${status ?? error} ${text.slice(0, 200)}`.trim() };
  if (!isStream) return endedWell ? { kind: 'whole' } : { kind: 'cut' };
  const events = text.split('\n\n');
  const rest = events.pop();
  const errors = events.filter((event) => event.startsWith('data: {"error"'));
  const numbers = events.flatMap((event) => numberIn(event) ?? []);
  const bad = (detail: string): Outcome => ({ kind: 'brokenBadly', detail });
  if (numbers.some((number, index) => number !== index)) return bad('frames lost or twice');
  if (!endedWell) return bad(`cut: ${error}`);
  if (rest !== '') return bad('half an event at its end');
  if (errors.length > 1) return bad('several error events');
  if (errors.length === 1) {
    return events.at(-1) === errors[0] && isUnderstood(errors[0] ?? '')
      ? { kind: 'brokenWell' }
      : bad(`no good error event: ${events.at(-1)}`);
  }
  if (events.at(-1) !== 'data: [DONE]') return bad('ended without a word');
  return numbers.length === frames ? { kind: 'whole' } : bad(`${numbers.length} of ${frames} frames`);
}

function numberIn(event: string): number | undefined {
  const at = event.indexOf(frameMark);
  return at < 0 ? undefined : Number.parseInt(event.slice(at + frameMark.length, at + frameMark.length + 8), 16);
}

/** What the official clients need to throw an error of their own. */
function isUnderstood(event: string): boolean {
  try {
    const { error } = JSON.parse(event.slice('data: '.length)) as { error?: Record<string, unknown> };
    return [error?.message, error?.type, error?.code].every((text) => typeof text === 'string' && text !== '');
  } catch {
    return false;
  }
}
