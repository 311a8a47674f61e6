import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const folder = import.meta.dirname;
const cache = join(folder, '../../../../../.cache');
const requirements = join(folder, 'requirements.txt');

export type PythonClients = { kind: 'ready'; python: string } | { kind: 'leftOut'; because: string };

/** A Python that has the clients, each at one version: made once and kept for the next run. */
export async function preparePythonClients(): Promise<PythonClients> {
  const version = await run('python3', [
    '-c',
    'import sys, venv, ensurepip; print(sys.version); assert sys.version_info >= (3, 10)',
  ]);
  if (version.code !== 0) return leftOut('there is no Python 3.10 or newer with venv and pip');
  const hash = createHash('sha256')
    .update(readFileSync(requirements))
    .update(version.output)
    .digest('hex')
    .slice(0, 12);
  const home = join(cache, `python-clients-${hash}`);
  const python = join(home, 'bin', 'python');
  const installed = join(home, 'installed');
  if (existsSync(installed)) return { kind: 'ready', python };
  await rm(home, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  const made = await run('python3', ['-m', 'venv', home]);
  if (made.code !== 0) return leftOut(`python3 -m venv failed: ${lastLine(made.output)}`);
  const got = await run(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--only-binary',
    ':all:',
    '--requirement',
    requirements,
  ]);
  if (got.code !== 0) return leftOut(`pip could not install them: ${lastLine(got.output)}`);
  await writeFile(installed, '');
  return { kind: 'ready', python };
}

/** Runs one of the programs in this folder; `env` is all that it gets to know. */
export function runPython(python: string, program: string, env: Readonly<Record<string, string>>) {
  return run(python, [join(folder, program)], env);
}

interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', () => resolve({ code: null, output, errors }));
    child.on('close', (code) => resolve({ code, output, errors }));
  });
}

function leftOut(because: string): PythonClients {
  return { kind: 'leftOut', because };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
