import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsageRecord } from '@signalbox/domain';
import { writeWhole } from '../whole-file.ts';
import { idIn } from './entries.ts';
import { asciiJson } from './json-bytes.ts';
import { type Entry, lineOf } from './line.ts';
import { chunkBytes, lastLineOf, linesIn, readChunk } from './read-segment.ts';
import { type Segment, segmentName, segmentsAmong } from './spool-files.ts';
import { UsageTotals } from './usage-totals.ts';

/** Merged at once: 256 MB of the usual segments. */
const mostSegments = 64;
const entriesPerLine = 16;

/**
 * Makes room: a writer's oldest segments that nothing was delivered from become one, with totals per minute in place of
 * records. Returns whether there was anything to merge. The newest segment stays, because it is written to.
 */
export async function mergeOldest(path: string, bootId: string): Promise<boolean> {
  const { segments, superseded } = segmentsAmong(await readdir(path));
  for (const name of superseded) await rm(join(path, name), { force: true });
  const free = segments.slice(0, -1).filter(({ isTaken }) => !isTaken);
  const oldest = free.slice(0, mostSegments);
  const [first, last] = [oldest[0], oldest.at(-1)];
  if (first === undefined || last === undefined || oldest.length < 2) return false;
  const merged = new MergedSegments(`${bootId}-m${first.first}-${last.last}`);
  for (const segment of oldest) await readInto(merged, path, segment);
  await writeWhole(join(path, segmentName(first.first, last.last)), merged.lines());
  for (const { name } of oldest) await rm(join(path, name), { force: true });
  return true;
}

/** Several segments as one: what is settled in totals, what is still open as it was. */
export class MergedSegments {
  readonly #idStart: string;
  readonly #open = new Map<string, string>();
  readonly #settledElsewhere: string[] = [];
  readonly #totals = new UsageTotals();
  #hasCarried = false;

  constructor(idStart: string) {
    this.#idStart = idStart;
  }

  add(entry: Entry): void {
    const { text } = entry;
    switch (entry.kind) {
      case 'R':
        this.#open.set(idIn(text), text);
        return;
      case 'S':
        this.#settled(idIn(text));
        this.#totals.add(JSON.parse(text) as UsageRecord);
        return;
      case 'X':
        this.#settled(text);
        return;
      case 'C':
        this.#hasCarried = true;
        return;
    }
  }

  /** Reservations before the mark that all of them are there; it would be untrue of those that came after. */
  *lines(): Generator<Buffer> {
    let sequence = 0;
    const newId = (): string => `${this.#idStart}-${++sequence}`;
    const entries = [
      ...this.#settledElsewhere.map((id) => `X${id}`),
      ...[...this.#open.values()].map((text) => `R${text}`),
      ...(this.#hasCarried ? ['C'] : []),
      ...this.#totals.take(newId).map((record) => `S${asciiJson(record)}`),
    ];
    for (let at = 0; at < entries.length; at += entriesPerLine) yield lineOf(entries.slice(at, at + entriesPerLine));
  }

  /** Its reservation may stand in an earlier segment, where it must not be taken for open. */
  #settled(id: string): void {
    if (!this.#open.delete(id)) this.#settledElsewhere.push(id);
  }
}

async function readInto(merged: MergedSegments, path: string, { name }: Segment): Promise<void> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let at = 0; ; ) {
    const chunk = await readChunk(join(path, name), at, buffer);
    const { lines, rest } = linesIn(chunk.bytes);
    const hasEnd = rest === chunk.bytes.length || (rest > 0 && !chunk.isLast);
    if (!hasEnd) lines.push(lastLineOf(chunk.bytes.subarray(rest)));
    for (const entry of lines.flatMap(({ entries }) => entries)) merged.add(entry);
    at += hasEnd ? rest : chunk.bytes.length;
    if (chunk.isLast) return;
  }
}
