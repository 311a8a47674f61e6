import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = join(import.meta.dirname, 'make-tiny-model.py');

/** Two versions of one architecture: the same tokenizer, other weights. */
export function makeTinyModels(venv: string): { dir: string; folders: Readonly<Record<'v1' | 'v2', string>> } {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-tiny-'));
  const make = (version: string, seed: number): string => {
    const folder = join(dir, version);
    execFileSync(join(venv, 'bin', 'python'), [program, folder, String(seed)], { stdio: ['ignore', 'ignore', 'pipe'] });
    return folder;
  };
  return { dir, folders: { v1: make('v1', 1), v2: make('v2', 2) } };
}

/** As a person would check a folder's digest by hand. */
export function digestByHand(folder: string): string {
  const command = "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d ' ' -f 1";
  return `sha256:${execFileSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8' }).trim()}`;
}
