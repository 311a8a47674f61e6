import type { Instant } from '@signalbox/domain';
import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/** A row as the rest of the program sees it: epoch milliseconds in place of `Date`. */
export type Outside<Row> = {
  [Column in keyof Row]: Date extends Row[Column] ? Instant | Exclude<Row[Column], Date> : Row[Column];
};

export function outside<Row extends object>(row: Row): Outside<Row> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, value instanceof Date ? value.getTime() : value]),
  ) as Outside<Row>;
}

export function firstOutside<Row extends object>(rows: readonly Row[]): Outside<Row> | undefined {
  const [row] = rows;
  return row === undefined ? undefined : outside(row);
}

/** Values for an insert or update of `table`, instants turned into dates. */
export function inside<Table extends PgTable, Values extends Partial<Outside<Table['$inferInsert']>>>(
  table: Table,
  values: Values,
): Inside<Values, Table['$inferInsert']> {
  const columns = getTableColumns(table);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' && columns[name]?.dataType === 'date' ? new Date(value) : value,
    ]),
  ) as Inside<Values, Table['$inferInsert']>;
}

type Inside<Values, Row> = { [Column in keyof Values & keyof Row]: Row[Column] };

/** For `on conflict do update`: each column takes the value that could not be inserted. */
export function excluded<Table extends PgTable, Name extends keyof Table['_']['columns'] & string>(
  table: Table,
  names: readonly Name[],
): Record<Name, SQL> {
  const columns = getTableColumns(table);
  return Object.fromEntries(
    names.map((name) => [name, sql`excluded.${sql.identifier(columns[name]?.name ?? name)}`]),
  ) as Record<Name, SQL>;
}
