import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../../apps/cli/src/main.ts');

export interface Ended {
  code: number | null;
  out: string;
  error: string;
}

/** The command line as a process of its own, in a folder where no settings of others reach it. */
export async function signalbox(
  words: readonly string[],
  { dir, url, token }: { dir: string; url: string; token?: string },
): Promise<Ended> {
  const settings = { SIGNALBOX_URL: url, ...(token === undefined ? {} : { SIGNALBOX_TOKEN: token }) };
  const child = spawn(process.execPath, [program, ...words], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', HOME: dir, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk));
  await once(child, 'close');
  return { code: child.exitCode, out, error };
}
