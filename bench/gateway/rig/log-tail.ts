import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface LogLine {
  timestamp: string;
  message: string;
  replicaId?: string;
}

/** What a program logs, from now on, as far as it is of one of these messages. */
export class LogTail {
  readonly #file: number;
  readonly #messages: readonly string[];
  readonly #lines: LogLine[] = [];
  #at = 0;
  #half = '';

  constructor(path: string, messages: readonly string[]) {
    this.#file = openSync(path, 'r');
    this.#messages = messages;
    this.read();
    this.#lines.length = 0;
  }

  /** All that has come so far. */
  read(): readonly LogLine[] {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      const size = readSync(this.#file, buffer, 0, buffer.length, this.#at);
      if (size === 0) return this.#lines;
      this.#at += size;
      const lines = (this.#half + buffer.toString('utf8', 0, size)).split('\n');
      this.#half = lines.pop() ?? '';
      for (const line of lines) {
        // Most are of single requests: cheaper to look for the words than to parse.
        if (this.#messages.some((message) => line.includes(message))) this.#lines.push(JSON.parse(line) as LogLine);
      }
    }
  }

  /** The first that fits; undefined when none came in time. */
  async next(fits: (line: LogLine) => boolean, withinMs: number): Promise<LogLine | undefined> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const found = this.read().find(fits);
      if (found !== undefined || performance.now() >= deadline) return found;
      await pause(20);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
