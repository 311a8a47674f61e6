import { fileURLToPath } from 'node:url';
import type { Logger, Secret } from '@signalbox/runtime';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { revealed } from './database.ts';
import { translated } from './errors.ts';

/** `migrations/` at the root of the repository, next to which this package lies. */
export const migrationsFolder = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** Any number that nothing else locks: two programs that start at once must not migrate at once. */
const lockKey = 7_469_205_113;

export interface MigrateOptions {
  log?: Logger;
  /** Where a bundled program keeps them. */
  folder?: string;
}

/** `unknown` counts migrations of a newer program: the schema only grows, so this one goes on. */
export interface MigrateResult {
  applied: number;
  unknown: number;
}

/** Brings the schema up to this program's. Safe to call from many processes at once. */
export async function migrateDatabase(
  connectionString: Secret | string,
  { log, folder = migrationsFolder }: MigrateOptions = {},
): Promise<MigrateResult> {
  const client = new pg.Client({
    connectionString: revealed(connectionString),
    application_name: 'signalbox-migrate',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    const before = await appliedHashes(client);
    await migrate(drizzle({ client }), { migrationsFolder: folder });
    return compared(before, await appliedHashes(client), folder, log);
  } catch (error) {
    throw translated(error);
  } finally {
    // Ends the session and with it the lock.
    await client.end().catch(() => undefined);
  }
}

async function appliedHashes(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ found: string | null }>(
    `select to_regclass('drizzle.__drizzle_migrations') as found`,
  );
  if (rows[0]?.found == null) return [];
  const hashes = await client.query<{ hash: string }>('select hash from drizzle.__drizzle_migrations order by id');
  return hashes.rows.map(({ hash }) => hash);
}

function compared(
  before: readonly string[],
  after: readonly string[],
  folder: string,
  log: Logger | undefined,
): MigrateResult {
  const ours = readMigrationFiles({ migrationsFolder: folder }).map(({ hash }) => hash);
  // The migrator looks at dates only; a file that was edited, or dated before one already applied, would be skipped.
  const skipped = ours.filter((hash) => !after.includes(hash)).length;
  if (skipped > 0) throw new Error(`${skipped} migration(s) in ${folder} differ from what the database was given`);
  const unknown = after.filter((hash) => !ours.includes(hash)).length;
  const applied = after.length - before.length;
  if (applied > 0) log?.info('database migrated', { applied });
  if (unknown > 0) log?.warn('the database was migrated by a newer program', { unknown });
  return { applied, unknown };
}
