/** Writes many lines with few writes. For lines that come by the thousand; everything else goes through the logger. */
export interface LineWriter {
  /** With its line break. */
  write(line: string): void;
  /** Writes what is held back. */
  flush(): void;
  /** Flushes, and writes every later line at once. */
  close(): void;
}

export interface LineWriterOptions {
  /** Takes the buffer over. */
  write?: (lines: Buffer) => void;
  /** Held back at most so long and so many bytes. */
  delayMs?: number;
  bytes?: number;
}

/**
 * Lines go to stderr, as the logger's. A write of its own costs a line 5 µs, and a write per turn of the event loop is
 * no better at moderate rates, where a turn has one request. So lines wait for each other, for 50 ms at most: a killed
 * process loses that much, an exiting one nothing.
 */
export function createLineWriter(options: LineWriterOptions = {}): LineWriter {
  const { write = toStderr(() => flush()), delayMs = 50, bytes = 16_384 } = options;
  let held = Buffer.allocUnsafeSlow(bytes);
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (length === 0) return;
    const lines = held.subarray(0, length);
    // The old buffer may wait in a stream's queue.
    held = Buffer.allocUnsafeSlow(bytes);
    length = 0;
    write(lines);
  }

  return {
    write: (line) => {
      // Three bytes are the most that a UTF-16 unit becomes.
      const most = line.length * 3;
      if (length + most > bytes) flush();
      if (most > bytes) {
        write(Buffer.from(line));
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
    },
  };
}

function toStderr(flush: () => void): (lines: Buffer) => void {
  process.once('exit', flush);
  return (lines) => {
    process.stderr.write(lines);
  };
}
