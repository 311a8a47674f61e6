import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, loadEmbeddedPostgres } from '@signalbox/local-postgres';

/** A real Postgres of its own: random port and password, loopback only, nothing synced to disk. */
export interface PostgresServer {
  /** Of the superuser, in the database `postgres`. */
  url: string;
  /** `kill -9` of the server and all of its backends. `start` brings it back with its data. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const settings = {
  // What is committed outlives a killed server, though not a power cut.
  fsync: 'off',
  full_page_writes: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '64MB',
  timezone: 'UTC',
};

export async function startPostgresServer(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-postgres-'));
  // As root, Postgres runs as another user, who must be able to pass through.
  await chmod(folder, 0o755);
  const dataFolder = join(folder, 'data');
  const port = await freePort();
  const password = randomBytes(18).toString('hex');
  const output: string[] = [];
  const EmbeddedPostgres = await loadEmbeddedPostgres();
  const server = new EmbeddedPostgres({
    databaseDir: dataFolder,
    port,
    password,
    user: 'postgres',
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-locale', '--no-sync'],
    postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: (line) => void output.push(String(line)),
    onError: (error) => void output.push(String(error)),
  });
  let running = false;
  const start = async (): Promise<void> => {
    await server.start().catch(() => {
      throw new Error(`Postgres did not start:\n${output.slice(-20).join('')}`);
    });
    running = true;
  };
  try {
    await server.initialise();
    await start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async crash() {
      running = false;
      await crash(dataFolder);
    },
    start,
    async stop() {
      // The package would wait for the end of a process that has ended.
      if (running) await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function crash(dataFolder: string): Promise<void> {
  const [line] = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8')).split('\n');
  const pid = Number(line);
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
