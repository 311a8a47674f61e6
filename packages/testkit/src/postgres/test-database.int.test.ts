import { expect, test } from '@jest/globals';
import pg from 'pg';
import { testDatabase } from './test-database.ts';

test('each test file gets a migrated database of its own', async () => {
  const [first, second] = await Promise.all([testDatabase(), testDatabase()]);
  const client = new pg.Client(first.url);
  await client.connect();
  await client.query(`insert into leases values ('a', 'b', now())`);
  await client.end();
  const other = new pg.Client(second.url);
  await other.connect();
  const { rows } = await other.query('select * from leases');
  await other.end();
  expect(rows).toEqual([]);
  await Promise.all([first.close(), second.close()]);
});
