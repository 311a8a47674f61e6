import { oneLine } from '../output/printable.ts';

/** One line per change; on a terminal the lines between two milestones are written over. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #columns: number | null;
  #last: { line: string; milestone: string } | undefined;

  /** `columns`: width of the terminal; null where there is none. */
  constructor(write: (text: string) => void, columns: number | null) {
    this.#write = write;
    this.#columns = columns;
  }

  show(text: string, milestone: string): void {
    const line = oneLine(text);
    if (this.#last?.line === line) return;
    if (this.#columns === null) this.#write(`${line}\n`);
    else this.#rewrite(line, this.#last !== undefined && this.#last.milestone === milestone, this.#columns);
    this.#last = { line, milestone };
  }

  /** Leaves the line that stands, so that what follows begins on one of its own. */
  end(): void {
    if (this.#last !== undefined && this.#columns !== null) this.#write('\n');
    this.#last = undefined;
  }

  #rewrite(line: string, over: boolean, columns: number): void {
    if (!over && this.#last !== undefined) this.#write('\n');
    // A line that wraps can't be taken back, so it is cut to the terminal's width.
    const cut = line.length < columns ? line : `${line.slice(0, Math.max(columns - 2, 1))}…`;
    this.#write(`\r\u001b[2K${cut}`);
  }
}
