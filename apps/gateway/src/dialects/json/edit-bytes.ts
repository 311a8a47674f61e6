/** Bytes that go away at a place, and what comes there instead. */
export interface Edit {
  at: number;
  remove: number;
  insert: Buffer;
}

/** Sorts them by their places, for edits that were found in another order. */
export function inOrder(edits: Edit[]): Edit[] {
  return edits.sort((one, other) => one.at - other.at);
}

/**
 * The same bytes with all edits made, in one copy; the very buffer when there are none. Edits stand in the order of
 * their places and do not overlap.
 */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  let length = bytes.length;
  for (const { remove, insert } of edits) length += insert.length - remove;
  const edited = Buffer.allocUnsafe(length);
  let from = 0;
  let to = 0;
  for (const { at, remove, insert } of edits) {
    if (at < from) throw new RangeError('edits overlap');
    bytes.copy(edited, to, from, at);
    to += at - from;
    edited.set(insert, to);
    to += insert.length;
    from = at + remove;
  }
  bytes.copy(edited, to, from);
  return edited;
}

/**
 * The same for bytes that are ours to change: where no edit makes them longer than what was cut before it, the rest
 * moves up in place, and nothing is allocated.
 */
export function editOwned(bytes: Buffer, edits: readonly Edit[]): Buffer | undefined {
  let longer = 0;
  for (const { remove, insert } of edits) {
    longer += insert.length - remove;
    if (longer > 0) return applyEdits(bytes, edits);
  }
  let from = 0;
  let to = 0;
  for (const { at, remove, insert } of edits) {
    if (to !== from) bytes.copyWithin(to, from, at);
    to += at - from;
    if (insert.length > 0) bytes.set(insert, to);
    to += insert.length;
    from = at + remove;
  }
  if (to !== from) bytes.copyWithin(to, from);
  to += bytes.length - from;
  return to === 0 ? undefined : bytes.subarray(0, to);
}
