import { fstatSync } from 'node:fs';

/** Writes many lines with few writes. For lines that come by the thousand; everything else goes through the logger. */
export interface LineWriter {
  /** With its line break. */
  write(line: string): void;
  /** Writes what is held back. */
  flush(): void;
  /** Flushes, and writes every later line at once. Resolves when all of it has left the process. */
  close(): Promise<void>;
  /** What nobody read in time. */
  readonly droppedBytes: number;
}

/** Takes a buffer over and calls back when it has left. Says whether it took it. */
export type WriteLines = (lines: Buffer, done: () => void) => boolean;

export interface LineWriterOptions {
  /** Stderr, as the logger, unless said otherwise. */
  write?: WriteLines;
  /** Held back at most so long and so many bytes. */
  delayMs?: number;
  bytes?: number;
}

/**
 * A write of its own costs a line 5 µs, and a write per turn of the event loop is no better at moderate rates, where a
 * turn has one request. So lines wait for each other, for 50 ms at most: a killed process loses that much, one that
 * closes the writer nothing. When nobody reads them any more, lines are dropped: requests do not wait for a log.
 */
export function createLineWriter(options: LineWriterOptions = {}): LineWriter {
  const { write = toStderr, delayMs = 50, bytes = atOnce() } = options;
  let held = Buffer.allocUnsafeSlow(bytes);
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let droppedBytes = 0;
  let leaving = 0;
  let left = (): void => undefined;

  function send(lines: Buffer): void {
    leaving++;
    const taken = write(lines, done);
    if (taken) return;
    droppedBytes += lines.length;
    done();
  }

  function done(): void {
    leaving--;
    if (leaving === 0) left();
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (length === 0) return;
    const lines = held.subarray(0, length);
    // The old buffer may wait in a stream's queue.
    held = Buffer.allocUnsafeSlow(bytes);
    length = 0;
    send(lines);
  }

  return {
    write: (line) => {
      // Three bytes are the most that a UTF-16 unit becomes.
      const most = line.length * 3;
      if (length + most > bytes) flush();
      if (most > bytes) {
        send(Buffer.from(line));
        return;
      }
      length += held.write(line, length);
      if (isClosed) flush();
      else timer ??= setTimeout(flush, delayMs);
    },
    flush,
    close: () => {
      isClosed = true;
      flush();
      return new Promise((resolve) => {
        left = resolve;
        if (leaving === 0) resolve();
      });
    },
    get droppedBytes() {
      return droppedBytes;
    },
  };
}

/**
 * Pipes keep writes of up to 4 KB whole, so that the lines of several processes in one pipe do not mix; appending to a
 * file mixes nothing, and fewer writes cost less.
 */
function atOnce(): number {
  return fstatSync(2).isFIFO() ? 4_096 : 16_384;
}

/** A pipe whose reader is slow takes what fits; the rest waits in the stream, up to here. */
const mostWaiting = 4 * 1_024 * 1_024;

function toStderr(lines: Buffer, done: () => void): boolean {
  if (process.stderr.writableLength > mostWaiting) return false;
  process.stderr.write(lines, done);
  return true;
}
