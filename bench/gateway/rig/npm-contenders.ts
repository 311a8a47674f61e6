import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cache } from './paths.ts';

/** Apart from our own dependencies: nothing of these is ever shipped. */
export const npmFolder = join(cache, 'bench-npm');

const dependencies = {
  '@fastify/http-proxy': '11.6.3',
  '@portkey-ai/gateway': '1.15.2',
  'fast-proxy': '2.2.0',
  fastify: '5.12.8',
  'http-proxy': '1.18.1',
} as const;

let preparing: Promise<void> | undefined;

/** Installs them once; at the versions above, so that two runs compare with the same. */
export function prepareNpm(): Promise<void> {
  preparing ??= install();
  return preparing;
}

export function versionOf(name: keyof typeof dependencies): string {
  return dependencies[name];
}

async function install(): Promise<void> {
  const manifest = JSON.stringify({ name: 'bench-npm', private: true, dependencies });
  const done = join(npmFolder, 'installed.json');
  if (existsSync(done) && readFileSync(done, 'utf8') === manifest) return;
  console.error('installing the npm contenders (once) …');
  mkdirSync(npmFolder, { recursive: true });
  writeFileSync(join(npmFolder, 'package.json'), manifest);
  try {
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: npmFolder });
  } catch (error) {
    throw new Error('the npm contenders could not be installed: can the npm registry be reached?', { cause: error });
  }
  writeFileSync(done, manifest);
}
