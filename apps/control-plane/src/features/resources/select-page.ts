import type { NamePage } from '@signalbox/db';
import { keyOf, type Page, pageOfRows } from '../../http/index.ts';
import { labelSelector } from './label-selector.ts';

export interface ListQuery {
  limit: number;
  cursor?: string | undefined;
  labelSelector?: string | undefined;
}

interface Named {
  name: string;
  labels: Readonly<Record<string, string>>;
}

const fetchedAtOnce = 500;

/** One page of what the selector lets through, in order of name. Fetches on until the page is full. */
export async function selectPage<Row extends Named>(
  query: ListQuery,
  fetch: (page: NamePage) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const matches = labelSelector(query.labelSelector);
  const found: Row[] = [];
  let after = keyOf(query.cursor);
  const limit = query.labelSelector === undefined ? query.limit + 1 : fetchedAtOnce;
  while (found.length <= query.limit) {
    const rows = await fetch({ after, limit });
    found.push(...rows.filter(({ labels }) => matches(labels)));
    after = rows.at(-1)?.name;
    if (rows.length < limit) break;
  }
  return pageOfRows(found, query.limit, ({ name }) => name);
}

/** For the few kinds whose list comes whole. */
export function fromAll<Row extends Named>(rows: readonly Row[]): (page: NamePage) => Promise<readonly Row[]> {
  return async ({ after, limit }) => {
    const place = rows.findIndex(({ name }) => name === after);
    const rest = after === undefined || place >= 0 ? rows.slice(place + 1) : rows.filter(({ name }) => name > after);
    return rest.slice(0, limit);
  };
}
