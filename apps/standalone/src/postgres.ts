import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { freePort, isReachableForPostgres, loadEmbeddedPostgres } from '@signalbox/local-postgres';
import { type DataFolder, StartRefused } from './data-folder.ts';
import { identify, stopProcess } from './process-identity.ts';

export interface RunningPostgres {
  url: string;
  stop(): Promise<void>;
}

const DATABASE = 'signalbox';
/** Says that initialising came to its end; without it the folder is a half that nobody's data is in. */
const MARKER = 'signalbox-initialised';

/** The embedded Postgres on its kept data: made on the first start, healed when that was interrupted. */
export async function startPostgres(folder: DataFolder, password: string): Promise<RunningPostgres> {
  // As root, Postgres runs as another user, who must be able to pass through.
  chmodSync(folder.path, 0o755);
  const dataDir = reachableDataDir(folder);
  if (existsSync(dataDir) && !existsSync(folder.in(MARKER))) setAside(dataDir);
  await stopLeftover(dataDir);

  const port = await freePort();
  const output: string[] = [];
  const EmbeddedPostgres = await loadEmbeddedPostgres();
  const server = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user: 'signalbox',
    password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-locale'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'timezone=UTC'],
    onLog: (line) => void output.push(String(line)),
    onError: (error) => void output.push(String(error)),
  });
  const first = !existsSync(dataDir);
  try {
    if (first) await server.initialise();
    await server.start();
    if (first) await server.createDatabase(DATABASE);
  } catch (error) {
    const words = output.slice(-15).join('').trim() || String(error);
    throw new StartRefused(`Postgres did not start on ${dataDir}:\n${words}`, { cause: error });
  }
  if (first) writeFileSync(folder.in(MARKER), '');
  return {
    url: `postgres://signalbox:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`,
    stop: () => server.stop(),
  };
}

/**
 * In the data folder; where Postgres' user cannot get to that (a checkout under /root), in the system's own place for
 * such data, to which the data folder then links.
 */
function reachableDataDir(folder: DataFolder): string {
  const link = folder.in('postgres');
  if (isReachableForPostgres(folder.path)) return link;
  const name = createHash('sha256').update(folder.path).digest('hex').slice(0, 16);
  const place = `/var/lib/signalbox/${name}`;
  mkdirSync(place, { recursive: true, mode: 0o755 });
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync(`${place}/postgres`, link);
  return `${place}/postgres`;
}

function setAside(dataDir: string): void {
  const aside = `${dataDir}.incomplete`;
  rmSync(aside, { recursive: true, force: true });
  renameSync(dataDir, aside);
  console.error(`signalbox: the database folder was never finished; it was set aside as ${aside} and is made anew`);
}

/** A server that outlived a killed start would keep the data folder locked. */
async function stopLeftover(dataDir: string): Promise<void> {
  const pidFile = `${dataDir}/postmaster.pid`;
  if (!existsSync(pidFile)) return;
  const [pid, folder] = readFileSync(pidFile, 'utf8').split('\n');
  const running = identify(Number(pid));
  // After a reboot the pid may belong to anyone: only a process that names this folder is ours.
  if (running === undefined || folder !== dataDir || !commandLine(running.pid).includes(dataDir)) return;
  await stopProcess(running, 8_000);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
