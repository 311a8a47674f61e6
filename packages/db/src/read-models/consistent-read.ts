import { sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Database, Transaction } from '../database.ts';

/** All statements of `read` see the same moment. */
export function consistentRead<T>(database: Database, read: (tx: Transaction) => Promise<T>): Promise<T> {
  return database.transaction(read, { isolation: 'repeatable read', readOnly: true });
}

/** One parameter however many ids there are: a statement for a thousand is parsed as fast as one for two. */
export function isOneOf(column: PgColumn, ids: readonly string[]) {
  return sql<boolean>`${column} = any(${sql.param([...ids])}::uuid[])`;
}
