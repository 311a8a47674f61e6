import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../whole-file.ts';

/** A gateway that restarts is the same gateway: its id is made once and kept in the data folder. */
export async function gatewayIdIn(folder: string, newId: () => string): Promise<string> {
  const path = join(folder, 'gateway-id');
  const kept = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (/^[a-zA-Z0-9._-]{1,100}$/.test(kept)) return kept;
  const id = newId();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(path, `${id}\n`);
  return id;
}
