import { type Database, openDatabase, type Repositories, repositories } from '@signalbox/db';
import { testDatabase } from './test-database.ts';

export interface OpenTestDatabase {
  url: string;
  database: Database;
  repos: Repositories;
  close(): Promise<void>;
}

/** A database of one's own with the newest schema, opened. */
export async function openTestDatabase(): Promise<OpenTestDatabase> {
  const { url, close } = await testDatabase();
  const database = openDatabase({ connectionString: url, applicationName: 'signalbox-test', poolSize: 5 });
  return {
    url,
    database,
    repos: repositories(database),
    async close() {
      await database.close();
      await close();
    },
  };
}
