import { createHash } from 'node:crypto';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** The folder can't be pinned; the message says why and what to do. */
export class UnhashableFolder extends Error {
  override readonly name = 'UnhashableFolder';
}

/**
 * Digest of a file, or of a folder: SHA-256 over one line per file, in order of the path's bytes, each the file's own
 * SHA-256, two spaces, its path. `find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum | sha256sum` agrees.
 */
export async function hashFolder(path: string): Promise<string> {
  const root = await realpath(path);
  if (!(await stat(root)).isDirectory()) return `sha256:${await hashFile(root)}`;
  const files = await filesIn(root, root, [root]);
  if (files.length === 0) throw new UnhashableFolder(`${path} holds no files`);
  files.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const whole = createHash('sha256');
  for (const file of files) whole.update(`${await hashFile(join(root, file))}  ${file}\n`);
  return `sha256:${whole.digest('hex')}`;
}

/** Paths below `root`. Links within the folder are followed; `ancestors` finds those that lead in a circle. */
async function filesIn(root: string, folder: string, ancestors: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const real = entry.isSymbolicLink() ? await targetOf(root, path) : path;
    const kind = await stat(real);
    if (kind.isFile()) found.push(relative(root, path));
    else if (!kind.isDirectory()) throw new UnhashableFolder(`${path} is neither a file nor a folder`);
    else if (ancestors.includes(real)) throw new UnhashableFolder(`the link ${path} leads back to where it lies`);
    else found.push(...(await filesIn(root, path, [...ancestors, real])));
  }
  return found;
}

/** What lies outside could change without the folder's knowing, and would be missing where the folder is copied to. */
async function targetOf(root: string, link: string): Promise<string> {
  const target = await realpath(link).catch(() => {
    throw new UnhashableFolder(`the link ${link} leads nowhere`);
  });
  if (target === root || target.startsWith(root + sep)) return target;
  throw new UnhashableFolder(`the link ${link} leads out of the folder; put a copy of the file in its place`);
}

async function hashFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const before = await file.stat();
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 }))
      hash.update(chunk);
    const after = await file.stat();
    if (before.mtimeMs !== after.mtimeMs || before.size !== after.size) {
      throw new UnhashableFolder(`${path} changed while it was read; apply again when it is written`);
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}
