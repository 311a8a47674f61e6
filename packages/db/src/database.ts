import { type Clock, type Logger, Secret, silentLogger, systemClock } from '@signalbox/runtime';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { isWorthRepeating, translated } from './errors.ts';
import { createListener, type OnNotification, type Subscription } from './listener.ts';

/** Where statements run. Every repository is built on one. */
export type Handle = Database | Transaction;

interface Statements {
  /** For this package's own files only. */
  readonly sql: NodePgDatabase;
}

/** What `transaction` passes on. */
export interface Transaction extends Statements {
  readonly inTransaction: true;
}

export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read';
  readOnly?: boolean;
}

export interface Database extends Statements {
  readonly inTransaction: false;
  /**
   * Commits when `work` resolves, rolls back when it throws. A transaction that lost a deadlock is run again, so
   * `work` may do nothing outside of the database.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Hears NOTIFY on a connection of its own. After the connection was lost and is back, `onNotification` is called
   * with undefined: something may have been missed. Resolves after the first attempt, also when that one failed.
   */
  listen(channel: string, onNotification: OnNotification): Promise<Subscription>;
  /** Throws `DatabaseUnavailable` when Postgres does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  connectionString: Secret | string;
  applicationName: string;
  poolSize?: number;
  log?: Logger;
  clock?: Clock;
}

export function openDatabase(options: DatabaseOptions): Database {
  const log = options.log ?? silentLogger;
  const clock = options.clock ?? systemClock;
  const connection = {
    connectionString: revealed(options.connectionString),
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...connection,
    max: options.poolSize ?? 10,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    // Longer than the server's own bound: it speaks only when the server has fallen silent.
    query_timeout: 35_000,
  });
  // An error event without a listener ends the process: `pool` hears idle connections, each client the ones in use.
  pool.on('error', (error) => log.warn('an idle database connection was lost', { error }));
  pool.on('connect', (client) => void client.on('error', () => undefined));
  const listener = createListener({ connection, log, clock });
  let closing: Promise<void> | undefined;

  return {
    inTransaction: false,
    sql: drizzle({ client: pool }),
    transaction: (work, how = {}) => repeated(clock, () => runTransaction(pool, work, how)),
    listen: (channel, onNotification) => listener.add(channel, onNotification),
    ping: () => pool.query('select 1').then(() => undefined, rethrow),
    close: () => (closing ??= Promise.all([listener.close(), pool.end()]).then(() => undefined)),
  };
}

/** For methods that need several statements: joins the caller's transaction, or makes one. */
export function joinTransaction<T>(handle: Handle, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return handle.inTransaction ? work(handle) : handle.transaction(work);
}

export function revealed(connectionString: Secret | string): string {
  return connectionString instanceof Secret ? connectionString.reveal() : connectionString;
}

async function repeated<T>(clock: Clock, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === 5 || !isWorthRepeating(error)) throw error;
    }
    // Whoever won needs a moment to take the lock, or the same deadlock comes about again.
    await clock.sleep(20 * attempt);
  }
}

async function runTransaction<T>(
  pool: pg.Pool,
  work: (tx: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const client = await pool.connect().catch(rethrow);
  let broken = false;
  try {
    await client.query(begin(options));
    const result = await work({ sql: drizzle({ client }), inTransaction: true });
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw translated(error);
  } finally {
    // A connection whose rollback failed is in no known state: it is closed, not reused.
    client.release(broken);
  }
}

function begin({ isolation = 'read committed', readOnly = false }: TransactionOptions): string {
  return `begin isolation level ${isolation}${readOnly ? ' read only' : ''}`;
}

function rethrow(error: unknown): never {
  throw translated(error);
}
