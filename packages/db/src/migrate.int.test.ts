import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { emptyDatabase, type TestDatabase } from '@signalbox/testkit/postgres';
import pg from 'pg';
import { migrateDatabase, migrationsFolder } from './migrate.ts';

interface Journal {
  entries: { tag: string; when: number }[];
}

let empty: TestDatabase;
let firstOnly: string;
let all = 0;

/** The folder as it was when only its first `count` migrations existed. */
async function folderOf(count: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-migrations-'));
  await cp(migrationsFolder, folder, { recursive: true });
  const path = join(folder, 'meta', '_journal.json');
  const journal = JSON.parse(await readFile(path, 'utf8')) as Journal;
  all = journal.entries.length;
  await writeFile(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
  return folder;
}

async function query<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> {
  const client = new pg.Client(empty.url);
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  firstOnly = await folderOf(1);
});
afterAll(() => rm(firstOnly, { recursive: true }));
beforeEach(async () => {
  empty = await emptyDatabase();
});
afterEach(() => empty.close());

test('an empty database gets every migration, and a second run finds nothing to do', async () => {
  expect(await migrateDatabase(empty.url)).toEqual({ applied: all, unknown: 0 });
  expect(await migrateDatabase(empty.url)).toEqual({ applied: 0, unknown: 0 });
  expect(await query('select epoch, number from snapshot_state')).toEqual([{ epoch: 1, number: '1' }]);
});

test('two processes that start at once migrate once', async () => {
  const program = `
    import { migrateDatabase } from ${JSON.stringify(fileURLToPath(new URL('./migrate.ts', import.meta.url)))};
    process.stdout.write(JSON.stringify(await migrateDatabase(process.argv[1])));`;
  const run = async () => {
    const { stdout } = await promisify(execFile)('node', ['--input-type=module', '-e', program, empty.url]);
    return (JSON.parse(stdout) as { applied: number }).applied;
  };
  const applied = await Promise.all([run(), run()]);
  expect(applied.sort()).toEqual([0, all]);
});

test('a database of the first release is brought up with its rows kept', async () => {
  await migrateDatabase(empty.url, { folder: firstOnly });
  await query(`
    insert into projects (id, name, spec, labels, annotations, author, created_at, updated_at)
      values ('00000000-0000-7000-8000-000000000001', 'kept', '{}', '{}', '{}', 'ada', now(), now());
    insert into ledger (project, at, actor, kind, subject_kind, subject_name, subject_id, evidence, previous_hash, hash)
      values ('kept', now(), 'ada', 'k', 's', 'n', 'i', '{}', 'p', 'h');
    insert into snapshot_state (epoch, number) values (3, 70)`);
  expect(await migrateDatabase(empty.url)).toEqual({ applied: all - 1, unknown: 0 });
  expect(await query('select name from projects')).toEqual([{ name: 'kept' }]);
  expect(await query('select epoch, number from snapshot_state')).toEqual([{ epoch: 3, number: '70' }]);
  await expect(query('delete from ledger')).rejects.toThrow('the ledger is append-only: DELETE is refused');
});

test('an older program leaves a newer schema alone and says so', async () => {
  await migrateDatabase(empty.url);
  expect(await migrateDatabase(empty.url, { folder: firstOnly })).toEqual({ applied: 0, unknown: all - 1 });
});

test('a migration that was edited after it ran is found', async () => {
  await migrateDatabase(empty.url);
  const edited = await folderOf(all);
  try {
    await writeFile(join(edited, '0000_first.sql'), 'select 1;');
    await expect(migrateDatabase(empty.url, { folder: edited })).rejects.toThrow('1 migration(s)');
  } finally {
    await rm(edited, { recursive: true });
  }
});

test('a Postgres that does not answer is told apart from a failed migration', async () => {
  await expect(migrateDatabase('postgres://nobody:x@127.0.0.1:1/none')).rejects.toThrow(
    expect.objectContaining({ name: 'DatabaseUnavailable' }),
  );
});
