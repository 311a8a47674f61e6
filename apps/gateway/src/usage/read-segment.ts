import { type FileHandle, open } from 'node:fs/promises';
import { type Entry, lineFeed, readLine, salvage } from './line.ts';

export interface Line {
  entries: Entry[];
  /** Bytes of it that could not be read; nothing of a sound line. */
  damagedBytes: number;
  /** Where it begins and ends in what was read. */
  at: number;
  end: number;
}

/** Whole lines, and where the rest begins that has no end yet. */
export function linesIn(bytes: Buffer): { lines: Line[]; rest: number } {
  const lines: Line[] = [];
  let at = 0;
  for (let feed = bytes.indexOf(lineFeed); feed >= 0; feed = bytes.indexOf(lineFeed, at)) {
    lines.push(lineAt(bytes, at, feed));
    at = feed + 1;
  }
  return { lines, rest: at };
}

/** The end of a segment that nobody writes to any more: whole but for its line feed, or torn. */
export function lastLineOf(rest: Buffer): Line {
  return { ...lineAt(rest, 0, rest.length), end: rest.length };
}

function lineAt(bytes: Buffer, at: number, feed: number): Line {
  const line = bytes.subarray(at, feed);
  const entries = readLine(line);
  if (entries !== undefined) return { entries, damagedBytes: 0, at, end: feed + 1 };
  return { entries: salvage(line), damagedBytes: line.length, at, end: feed + 1 };
}

export interface Chunk {
  bytes: Buffer;
  isLast: boolean;
}

/** Small, so that no turn of the event loop is long. */
export const chunkBytes = 256 * 1024;

/**
 * Part of a file, read into the buffer that is given. Nothing when the file is gone: the writer takes back a segment that
 * nothing got into.
 */
export async function readChunk(path: string, from: number, into: Buffer): Promise<Chunk> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { bytes: Buffer.alloc(0), isLast: true };
    throw error;
  }
  try {
    const { bytesRead } = await file.read(into, 0, into.length, from);
    return { bytes: into.subarray(0, bytesRead), isLast: bytesRead < into.length };
  } finally {
    await file.close();
  }
}
