import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateDatabase, migrationsFolder } from '@signalbox/db';
import pg from 'pg';
import { startPostgresServer } from './server.ts';
import { askBroker, brokerVariable } from './shared-server.ts';

export interface TestPostgres {
  /** Of the superuser, in the database `postgres`. */
  url: string;
  /** Ends a Postgres that was started for this caller alone; a shared one goes with its run. */
  stop(): Promise<void>;
}

/** The given Postgres, the one that this test run shares, or (outside of jest) one for the caller alone. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const { SIGNALBOX_TEST_POSTGRES: given, [brokerVariable]: brokerUrl } = process.env;
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined };
  if (brokerUrl !== undefined) return { url: await askBroker(brokerUrl), stop: async () => undefined };
  return startPostgresServer();
}

export interface TestDatabase {
  url: string;
  /** Drops it, and cuts whoever is still connected. */
  close(): Promise<void>;
}

/** A database with the newest schema and no rows: a clone of a template, about 60 ms. */
export async function testDatabase(): Promise<TestDatabase> {
  return databaseFrom(migratedTemplate);
}

/** A database without even a schema. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return databaseFrom(async () => 'template0');
}

async function databaseFrom(template: (url: string) => Promise<string>): Promise<TestDatabase> {
  const postgres = await startTestPostgres();
  const name = `test_${randomBytes(8).toString('hex')}`;
  const source = await template(postgres.url);
  await asSuperuser(postgres.url, (client) => client.query(`create database ${name} template ${source}`));
  return {
    url: withDatabase(postgres.url, name),
    async close() {
      await asSuperuser(postgres.url, (client) => client.query(`drop database if exists ${name} with (force)`));
      await postgres.stop();
    },
  };
}

/** Made once per schema and server; test files that come at the same time wait for the first. */
async function migratedTemplate(url: string): Promise<string> {
  const name = `signalbox_template_${await schemaHash()}`;
  await asSuperuser(url, async (client) => {
    await client.query('select pg_advisory_lock(hashtext($1))', [name]);
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rows.length > 0) return;
    // Under another name until it is whole: a run that was stopped here leaves no half template behind.
    const unfinished = `unfinished_${randomBytes(8).toString('hex')}`;
    await client.query(`create database ${unfinished} template template0`);
    await migrateDatabase(withDatabase(url, unfinished));
    await client.query(`alter database ${unfinished} rename to ${name}`);
  });
  return name;
}

async function schemaHash(): Promise<string> {
  const files = (await readdir(migrationsFolder)).filter((file) => file.endsWith('.sql')).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(join(migrationsFolder, file)));
  return hash.digest('hex').slice(0, 16);
}

async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'signalbox-testkit' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
