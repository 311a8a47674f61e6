import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@signalbox/runtime';
import {
  type OpenTestDatabase,
  openTestDatabase,
  type PostgresServer,
  startPostgresServer,
} from '@signalbox/testkit/postgres';
import pg from 'pg';
import {
  type Database,
  DatabaseError,
  DatabaseUnavailable,
  migrateDatabase,
  openDatabase,
  repositories,
} from './index.ts';

const at = Date.UTC(2026, 0, 1);

async function until(holds: () => Promise<boolean> | boolean, limitMs = 15_000): Promise<void> {
  const deadline = systemClock.now() + limitMs;
  while (!(await holds())) {
    if (systemClock.now() > deadline) throw new Error('the condition did not come to hold in time');
    await systemClock.sleep(10);
  }
}

describe('transactions', () => {
  let open: OpenTestDatabase;
  beforeAll(async () => {
    open = await openTestDatabase();
  });
  afterAll(() => open.close());
  const lease = (name: string) => ({ name, holder: 'me', now: at, ttlMs: 1_000 });

  test('a transaction that throws leaves nothing behind', async () => {
    const work = open.database.transaction(async (tx) => {
      await repositories(tx).leases.acquire(lease('thrown'));
      throw new Error('on purpose');
    });
    await expect(work).rejects.toThrow('on purpose');
    expect(await open.repos.leases.get('thrown')).toBeUndefined();
  });

  test('a transaction that lost a deadlock runs again', async () => {
    await open.repos.leases.acquire(lease('a'));
    await open.repos.leases.acquire(lease('b'));
    let runs = 0;
    const bothIn = Promise.withResolvers<void>();
    let inside = 0;
    const takeInOrder = (first: string, second: string) =>
      open.database.transaction(async (tx) => {
        runs += 1;
        const { leases } = repositories(tx);
        await leases.renew(lease(first));
        inside += 1;
        if (inside === 2) bothIn.resolve();
        await bothIn.promise;
        await leases.renew(lease(second));
      });
    await Promise.all([takeInOrder('a', 'b'), takeInOrder('b', 'a')]);
    expect(runs).toBeGreaterThanOrEqual(3);
  });

  test('a refused statement is told without its parameters', async () => {
    const key = { tokenId: 'not-a-uuid', key: 'very-secret' };
    const thrown = await open.repos.idempotency.release(key).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(DatabaseError);
    expect((thrown as DatabaseError).code).toBe('22P02');
    expect((thrown as DatabaseError).statement).toContain('idempotency_keys');
    expect(`${(thrown as DatabaseError).message} ${(thrown as DatabaseError).statement}`).not.toContain('very-secret');
  });
});

describe('listening', () => {
  let open: OpenTestDatabase;
  beforeAll(async () => {
    open = await openTestDatabase();
  });
  afterAll(() => open.close());

  test('a notification comes with the commit, to each who listens', async () => {
    const heard: string[] = [];
    const first = await open.database.listen('signalbox_snapshot', (payload) => heard.push(`a${payload}`));
    const second = await open.database.listen('signalbox_snapshot', (payload) => heard.push(`b${payload}`));
    const { number } = await open.database.transaction(async (tx) => {
      const bumped = await repositories(tx).snapshotState.bump();
      expect(heard).toEqual([]);
      return bumped;
    });
    await until(() => heard.length === 2);
    expect(heard).toEqual([`a${number}`, `b${number}`]);
    first.stop();
    second.stop();
  });

  test('listening survives a terminated backend, and says that something may have been missed', async () => {
    const heard: (string | undefined)[] = [];
    await open.database.listen('signalbox_changes', (payload) => heard.push(payload));
    const admin = new pg.Client(open.url);
    await admin.connect();
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await until(() => heard.length === 1);
    expect(heard).toEqual([undefined]);
    await admin.query(`notify signalbox_changes, '7'`);
    await until(() => heard.length === 2);
    expect(heard[1]).toBe('7');
    await admin.end();
  });
});

describe('a Postgres that is killed', () => {
  let server: PostgresServer;
  let database: Database;
  beforeAll(async () => {
    server = await startPostgresServer();
    await migrateDatabase(server.url);
    database = openDatabase({ connectionString: server.url, applicationName: 'signalbox-test', poolSize: 3 });
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  test('does not take the process along, and work goes on by itself once it is back', async () => {
    const heard: (string | undefined)[] = [];
    await database.listen('signalbox_snapshot', (payload) => heard.push(payload));
    const { snapshotState } = repositories(database);
    const before = await snapshotState.bump();
    const midway = Promise.withResolvers<void>();
    const killed = Promise.withResolvers<void>();
    const transaction = database
      .transaction(async (tx) => {
        await repositories(tx).snapshotState.bump();
        midway.resolve();
        await killed.promise;
        await repositories(tx).snapshotState.bump();
      })
      .catch((error: unknown) => error);
    await midway.promise;
    await server.crash();
    killed.resolve();
    expect(await transaction).toBeInstanceOf(DatabaseUnavailable);
    await expect(snapshotState.current()).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expect(database.ping()).rejects.toBeInstanceOf(DatabaseUnavailable);

    await server.start();
    await until(() =>
      database.ping().then(
        () => true,
        () => false,
      ),
    );
    expect(await snapshotState.current()).toEqual(before);
    await until(() => heard.includes(undefined));
    const { number } = await snapshotState.bump();
    await until(() => heard.includes(String(number)));
  });
});
