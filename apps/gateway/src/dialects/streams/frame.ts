import { nextLineEnd } from './frame-splitter.ts';

/** Where one frame stands in the bytes that are read: made once per stream and moved from frame to frame. */
export interface Frame {
  start: number;
  end: number;
  /** The value of its one `data` line; an empty span when it has none. */
  dataStart: number;
  dataEnd: number;
  /** The value of its `event` line; an empty span when it has none. */
  eventStart: number;
  eventEnd: number;
  /** More than one `data` line: such a frame passes as it is. */
  isSplit: boolean;
  /** The data of the frame before it in the same bytes; an empty span for the first one. */
  beforeStart: number;
  beforeEnd: number;
}

export function newFrame(): Frame {
  return {
    start: 0,
    end: 0,
    dataStart: 0,
    dataEnd: 0,
    eventStart: 0,
    eventEnd: 0,
    isSplit: false,
    beforeStart: 0,
    beforeEnd: 0,
  };
}

/** Whether the bytes are one frame as all engines write it, a line of data or an event and its data; it is located then. */
export function locateAlone(frame: Frame, bytes: Buffer): boolean {
  const last = bytes.length - 2;
  const first = bytes.indexOf(10);
  if (first === last) {
    if (!isAt(bytes, 0, 'data: ')) return false;
    frame.eventStart = frame.eventEnd = 0;
    frame.dataStart = 6;
  } else {
    if (bytes.indexOf(10, first + 1) !== last || !isAt(bytes, 0, 'event: ') || !isAt(bytes, first + 1, 'data: '))
      return false;
    frame.eventStart = 7;
    frame.eventEnd = first;
    frame.dataStart = first + 7;
  }
  frame.start = 0;
  frame.end = bytes.length;
  frame.dataEnd = last;
  frame.isSplit = false;
  return last > frame.dataStart;
}

/** Finds the lines of the frame between two places. */
export function locate(frame: Frame, bytes: Buffer, start: number, end: number, hasReturns: boolean): void {
  frame.start = start;
  frame.end = end;
  frame.dataStart = frame.dataEnd = frame.eventStart = frame.eventEnd = start;
  frame.isSplit = false;
  for (let at = start; at < end; ) {
    const found = nextLineEnd(bytes, at, hasReturns);
    const lineEnd = found < 0 || found > end ? end : found;
    // `data`, `event`: the letters tell them apart from `id`, `retry` and comments.
    if (bytes[at] === 100 && isField(bytes, at, lineEnd, 'data')) {
      frame.isSplit = frame.dataEnd > start;
      frame.dataStart = valueStart(bytes, at + 5, lineEnd);
      frame.dataEnd = lineEnd;
    } else if (bytes[at] === 101 && isField(bytes, at, lineEnd, 'event')) {
      frame.eventStart = valueStart(bytes, at + 6, lineEnd);
      frame.eventEnd = lineEnd;
    }
    at = lineEnd + 1;
  }
}

function isField(bytes: Buffer, at: number, lineEnd: number, name: string): boolean {
  return lineEnd > at + name.length && bytes[at + name.length] === 58 && isAt(bytes, at, name);
}

/** One space after the colon belongs to the syntax. */
function valueStart(bytes: Buffer, at: number, lineEnd: number): number {
  return at < lineEnd && bytes[at] === 32 ? at + 1 : at;
}

export function hasData(frame: Frame): boolean {
  return frame.dataEnd > frame.dataStart;
}

/** Whether bytes at a place are those of an ASCII text. For texts of a few bytes a loop beats a call into the runtime. */
export function isAt(bytes: Buffer, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}
