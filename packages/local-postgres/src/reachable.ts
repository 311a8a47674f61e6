import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_MAY_PASS = 0o001;

/**
 * Whether the user that Postgres runs as can get to `path`. As root, Postgres refuses to run and becomes another user,
 * who cannot pass a folder such as /root, which only its owner may enter.
 */
export function isReachableForPostgres(path: string, isRoot: boolean = process.getuid?.() === 0): boolean {
  if (!isRoot) return true;
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    if (lstatSync(folder).isDirectory() && (statSync(folder).mode & OTHERS_MAY_PASS) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
