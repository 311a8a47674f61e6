import { crc32 } from 'node:zlib';

/**
 * A line of a segment: eight hex digits of CRC-32, a space, entries with tabs between them, a line feed. All of it is
 * ASCII. One line holds what one turn of the event loop wrote, because each checksum is a call into zlib.
 *
 * - `R{…}` a request was let in; what to book if nothing more is heard of it
 * - `S{…}` a request is over: its usage record as it goes to the control plane
 * - `X…` the request with this id was settled in a merged record
 * - `C` every request of earlier segments that still runs has been written to this one, too
 */
export type EntryKind = 'R' | 'S' | 'X' | 'C';

/** One entry where it stands in what was read, and valid as long as that. */
export class Entry {
  readonly kind: EntryKind;
  readonly bytes: Buffer;
  /** What follows the kind, JSON or an id: from here to before `to`. */
  readonly from: number;
  readonly to: number;

  constructor(bytes: Buffer, start: number, to: number) {
    this.kind = String.fromCharCode(bytes[start] ?? 0) as EntryKind;
    this.bytes = bytes;
    this.from = start + 1;
    this.to = to;
  }

  get text(): string {
    return this.bytes.toString('latin1', this.from, this.to);
  }
}

const crcDigits = 8;
/** Checksum and space: the entries of a line begin after them. */
export const lineStartBytes = crcDigits + 1;
const space = 0x20;
export const tab = 0x09;
export const lineFeed = 0x0a;
const hexDigits = Buffer.from('0123456789abcdef');

/** Makes a line of the entries that stand between `start + lineStartBytes` and `end`; returns where it ends. */
export function sealLine(bytes: Buffer, start: number, end: number): number {
  const sum = crc32(bytes.subarray(start + lineStartBytes, end));
  // By table: toString(16) and padding cost as much as the checksum itself.
  for (let digit = 0; digit < crcDigits; digit += 1) {
    bytes[start + digit] = hexDigits[(sum >>> (28 - 4 * digit)) & 15] as number;
  }
  bytes[start + crcDigits] = space;
  bytes[end] = lineFeed;
  return end + 1;
}

export function lineOf(entries: readonly string[]): Buffer {
  const body = entries.join('\t');
  const bytes = Buffer.alloc(lineStartBytes + body.length + 1);
  bytes.write(body, lineStartBytes, 'latin1');
  sealLine(bytes, 0, bytes.length - 1);
  return bytes;
}

/** The entries of a line without its line feed, or undefined when it is damaged. */
export function readLine(line: Buffer): Entry[] | undefined {
  if (line.length <= lineStartBytes || line[crcDigits] !== space) return undefined;
  const digits = line.toString('latin1', 0, crcDigits);
  if (!/^[0-9a-f]{8}$/.test(digits) || Number.parseInt(digits, 16) !== crc32(line.subarray(lineStartBytes)))
    return undefined;
  const entries: Entry[] = [];
  for (let start = lineStartBytes; start <= line.length; ) {
    const found = line.indexOf(tab, start);
    const end = found < 0 ? line.length : found;
    entries.push(new Entry(line, start, end));
    start = end + 1;
  }
  return entries;
}

/**
 * What can be saved of a damaged line. When the line feed itself was hit, two whole lines stand as one: it is cut where
 * the part before the cut has its checksum. Nowhere else, because callers choose some of the text. Slow, rarely called.
 */
export function salvage(line: Buffer): Entry[] {
  for (const { index } of line.toString('latin1').matchAll(/.(?=[0-9a-f]{8} [RSXC])/gs)) {
    const before = readLine(line.subarray(0, index));
    if (before === undefined) continue;
    const rest = line.subarray(index + 1);
    return [...before, ...(readLine(rest) ?? salvage(rest))];
  }
  return [];
}
