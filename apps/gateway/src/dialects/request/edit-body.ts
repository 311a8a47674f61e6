import type { Edit } from '../json/edit-bytes.ts';

const nothing = Buffer.alloc(0);

const mostNames = 1_000;
const names = new Map<string, Buffer>();

/** Engines' names are few and come back with every request. */
function quoted(name: string): Buffer {
  let bytes = names.get(name);
  if (bytes === undefined) {
    if (names.size >= mostNames) names.clear();
    bytes = Buffer.from(JSON.stringify(name));
    names.set(name, bytes);
  }
  return bytes;
}

/** The engine's name in the place of the caller's; undefined when it is the same already. */
export function nameEdit(body: Buffer, value: { start: number; end: number }, name: string): Edit | undefined {
  const insert = quoted(name);
  const isSame = insert.equals(body.subarray(value.start, value.end));
  return isSame ? undefined : { at: value.start, remove: value.end - value.start, insert };
}

/**
 * Cuts members out of the body's object, each with one of its commas. Spans go from a key's first quote to the end of
 * its value, in the order of their places.
 */
export function memberCuts(body: Buffer, members: readonly { start: number; end: number }[]): Edit[] {
  const edits: Edit[] = [];
  let cutTo = -1;
  for (const { start, end } of members) {
    const before = backOverSpace(body, start);
    const isFirst = body[before] === 123 || before < cutTo;
    const to = isFirst ? behindComma(body, end) : end;
    const at = isFirst ? start : before;
    edits.push({ at, remove: to - at, insert: nothing });
    // When the first member goes, the next one is the first.
    cutTo = isFirst ? to : -1;
  }
  return edits;
}

function backOverSpace(body: Buffer, from: number): number {
  let at = from - 1;
  while (isSpace(body[at])) at--;
  return at;
}

function behindComma(body: Buffer, from: number): number {
  let at = from;
  while (isSpace(body[at])) at++;
  if (body[at] !== 44) return from;
  at++;
  while (isSpace(body[at])) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
