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

export interface Entry {
  kind: EntryKind;
  /** What follows the kind: JSON, or an id. */
  text: string;
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
  const body = line.subarray(lineStartBytes);
  const digits = line.toString('latin1', 0, crcDigits);
  if (!/^[0-9a-f]{8}$/.test(digits) || Number.parseInt(digits, 16) !== crc32(body)) return undefined;
  return body
    .toString('latin1')
    .split('\t')
    .map((text) => ({ kind: text[0] as EntryKind, text: text.slice(1) }));
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
