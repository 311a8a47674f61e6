import { rename, writeFile } from 'node:fs/promises';

/** Under its name a file is whole, also after a crash of the machine: it is written beside it and then renamed. */
export async function writeWhole(path: string, content: string | Iterable<Buffer>): Promise<void> {
  const part = `${path}.part`;
  await writeFile(part, content, { mode: 0o600, flush: true });
  await rename(part, path);
}
