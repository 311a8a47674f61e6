import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Chunk, chunkBytes, type Line, lastLineOf, linesIn, readChunk } from './read-segment.ts';
import { RecordQueue, type Records } from './records.ts';
import { WriterLedger } from './recovery.ts';
import { type Segment, segmentName, segmentsAmong } from './spool-files.ts';

const mostRecords = 1_000;
const mostBytes = 1024 * 1024;

export interface WriterFolderOptions {
  path: string;
  isRunning: () => boolean;
  damaged: (facts: { segment: string; at: number; bytes: number }) => void;
}

/**
 * What one writer has left to deliver, in order: also out of the segment that it is writing to. Where it stands is kept
 * in memory only: a sender that starts anew sends again what is there, and the control plane knows each id.
 *
 * A segment goes when all of it is delivered and either a later segment holds every reservation that was still open, or
 * the writer is dead and what it had in flight is booked.
 */
export class WriterFolder {
  readonly #options: WriterFolderOptions;
  readonly #ledger = new WriterLedger();
  /** Read and not yet with the control plane. */
  readonly #queue = new RecordQueue();
  #chunk: Buffer | undefined;
  #segment = 0;
  #at = 0;
  /** Place of a damaged line at the end of a segment that is written to: it may only have been half visible. */
  #suspect = -1;
  /** Segments with lower numbers are not needed any more once the queue is delivered. */
  #neededFrom = 0;
  #removedBelow = 0;
  #isOver = false;

  constructor(options: WriterFolderOptions) {
    this.#options = options;
  }

  /** The writer is dead and nothing of it is left. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The next records; none when there is nothing now. The same ones until `delivered` is called. */
  async next(): Promise<Records> {
    if (this.#queue.count < mostRecords) await this.#read();
    const records = this.#queue.first(mostRecords, mostBytes);
    if (records.count === 0) await this.#tidy();
    return records;
  }

  /** The control plane has committed this many. True when there is more than what was written meanwhile. */
  async delivered(count: number): Promise<boolean> {
    this.#queue.drop(count);
    if (this.#queue.count === 0) await this.#tidy();
    return this.#queue.count > 0 || count === mostRecords;
  }

  async #read(): Promise<void> {
    // Asked first: all that a dead writer wrote is there to be read then.
    const isRunning = this.#options.isRunning();
    const { segments } = segmentsAmong(await readdir(this.#options.path));
    for (const [index, segment] of segments.entries()) {
      if (segment.last < this.#segment) continue;
      const isWrittenTo = isRunning && index === segments.length - 1;
      const isDone = await this.#readSegment(segment, isWrittenTo);
      if (!isDone) return;
    }
    if (isRunning) return;
    for (const record of this.#ledger.takeOpen(mostRecords)) this.#queue.addText(record);
    if (this.#queue.count === 0) this.#isOver = true;
  }

  /** Reads on; false when there is, or may be, more to read later. */
  async #readSegment(segment: Segment, isWrittenTo: boolean): Promise<boolean> {
    if (segment.first > this.#segment) [this.#segment, this.#at, this.#suspect] = [segment.first, 0, -1];
    const path = await this.#take(segment);
    this.#chunk ??= Buffer.allocUnsafeSlow(chunkBytes);
    while (this.#queue.count < mostRecords) {
      const chunk = await readChunk(path, this.#at, this.#chunk);
      const { bytes, isStopped } = this.#readLines(chunk, isWrittenTo);
      this.#ledger.keep();
      if (isStopped) return false;
      if (bytes === 0) return !isWrittenTo;
    }
    return false;
  }

  #readLines(chunk: Chunk, isWrittenTo: boolean): { bytes: number; isStopped: boolean } {
    const { lines, rest } = linesIn(chunk.bytes);
    // No line is as long as a chunk: what has no end in a whole chunk, or in a finished segment, has none.
    const isCut = rest < chunk.bytes.length && (chunk.isLast ? !isWrittenTo : rest === 0);
    if (isCut) lines.push(shifted(lastLineOf(chunk.bytes.subarray(rest)), rest));
    let bytes = 0;
    for (const line of lines) {
      const at = this.#at + line.at;
      if (line.damagedBytes > 0 && isWrittenTo && this.#suspect !== at) {
        this.#suspect = at;
        this.#at += bytes;
        return { bytes, isStopped: true };
      }
      if (line.damagedBytes > 0) {
        this.#options.damaged({ segment: segmentName(this.#segment), at, bytes: line.damagedBytes });
      }
      for (const entry of line.entries) {
        if (entry.kind === 'C') this.#neededFrom = this.#segment;
        this.#ledger.read(entry, this.#segment, this.#queue);
      }
      bytes = line.end;
    }
    this.#at += bytes;
    return { bytes, isStopped: false };
  }

  /** From now on it may not be merged with others. */
  async #take({ first, last, isTaken, name }: Segment): Promise<string> {
    const { path } = this.#options;
    const taken = join(path, segmentName(first, last, true));
    // The writer takes back a segment that nothing got into.
    if (!isTaken) await rename(join(path, name), taken).catch(unlessGone);
    return taken;
  }

  async #tidy(): Promise<void> {
    const { path } = this.#options;
    if (this.#isOver) return rm(path, { recursive: true, force: true });
    if (this.#neededFrom <= this.#removedBelow) return;
    const { segments, superseded } = segmentsAmong(await readdir(path));
    const needed = segments.find(({ first }) => first === this.#neededFrom);
    // What the former ones held must be on the disk elsewhere before they go.
    if (needed !== undefined) await synced(join(path, needed.name));
    const gone = segments.filter(({ last }) => last < this.#neededFrom).map(({ name }) => name);
    for (const name of [...gone, ...superseded]) await rm(join(path, name), { force: true });
    this.#removedBelow = this.#neededFrom;
  }
}

function shifted(line: Line, by: number): Line {
  return { ...line, at: line.at + by, end: line.end + by };
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function synced(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
