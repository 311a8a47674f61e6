import { integer, jsonb, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Instants are `timestamptz`; the driver hands them out as `Date`, repositories turn them into epoch milliseconds. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });

/** Brands are types only: they keep one kind of id from passing for another. */
export const id = <Id extends string = string>() => uuid('id').$type<Id>().primaryKey();
export const createdAt = () => instant('created_at').notNull();
export const updatedAt = () => instant('updated_at').notNull();

/** Columns of everything a user applies. `version` counts accepted changes: it is the ETag. */
export const written = () => ({
  labels: jsonb('labels').$type<Readonly<Record<string, string>>>().notNull(),
  annotations: jsonb('annotations').$type<Readonly<Record<string, string>>>().notNull(),
  version: integer('version').notNull().default(1),
  author: text('author').notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});
