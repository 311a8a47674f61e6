import { closeSync, fsync, openSync, writeSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A segment, or several merged into one: it stands for all numbers from `first` to `last`. */
export interface Segment {
  first: number;
  last: number;
  /** The sender has begun with it: some of its records may be with the control plane, so it may not be merged. */
  isTaken: boolean;
  name: string;
}

const digits = 8;
const pattern = /^(\d{8,})(?:-(\d{8,}))?(\.taken)?\.log$/;

export function segmentName(first: number, last = first, isTaken = false): string {
  const [from, to] = [first, last].map((number) => String(number).padStart(digits, '0'));
  return `${first === last ? from : `${from}-${to}`}${isTaken ? '.taken' : ''}.log`;
}

/** In order, and those that are part of a merged one: that one was whole before it got its name. */
export function segmentsAmong(names: readonly string[]): { segments: Segment[]; superseded: string[] } {
  const all = names.flatMap((name) => {
    const match = pattern.exec(name);
    if (match === null) return [];
    return [{ first: Number(match[1]), last: Number(match[2] ?? match[1]), isTaken: match[3] !== undefined, name }];
  });
  const isCovered = (one: Segment): boolean =>
    all.some((other) => other !== one && other.first <= one.first && other.last >= one.last);
  const segments = all.filter((one) => !isCovered(one)).sort((a, b) => a.first - b.first);
  return { segments, superseded: all.filter(isCovered).map(({ name }) => name) };
}

/** Bytes of all files below a folder. Files that go meanwhile count nothing. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    bytes += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

/** What the writer needs of a disk; tests put one in that fails. */
export interface AppendOnlyFiles {
  create(path: string): number;
  /** May write less than it was given, as the system call may. */
  append(file: number, from: Buffer, at: number, length: number): number;
  sync(file: number, done: (error: Error | null) => void): void;
  close(file: number): void;
}

export const realFiles: AppendOnlyFiles = {
  create: (path) => openSync(path, 'ax', 0o600),
  append: (file, from, at, length) => writeSync(file, from, at, length),
  sync: (file, done) => fsync(file, done),
  close: (file) => closeSync(file),
};
