import { AppError } from '@signalbox/domain';

/** Cursors are opaque to callers: the sort key of the last item, wrapped. */
export function cursorOf(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

export function keyOf(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (key !== '' && cursorOf(key) === cursor) return key;
  throw badCursor();
}

/** For lists in order of a number. */
export function numberOf(cursor: string | undefined): number | undefined {
  const key = keyOf(cursor);
  if (key === undefined) return undefined;
  const number = Number(key);
  if (!Number.isSafeInteger(number)) throw badCursor();
  return number;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** From `limit + 1` rows, of which the last only tells that there are more. */
export function pageOfRows<Row>(rows: readonly Row[], limit: number, key: (row: Row) => string | number): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? cursorOf(String(key(last))) : null };
}

/** For lists that come whole from the database, in order of their key. */
export function pageOfAll<Row>(
  rows: readonly Row[],
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  key: (row: Row) => string,
): Page<Row> {
  const after = keyOf(cursor);
  const place = rows.findIndex((row) => key(row) === after);
  // What the cursor names was removed meanwhile: to go on anywhere would skip or repeat.
  if (after !== undefined && place < 0) throw badCursor();
  const rest = rows.slice(place + 1);
  return pageOfRows(rest, limit, key);
}

function badCursor(): AppError {
  const message = 'is not a cursor of this list, or the list changed: begin again without one';
  return new AppError(
    'request.invalid',
    { problems: `cursor ${message}` },
    { problems: [{ path: 'query.cursor', message }] },
  );
}
