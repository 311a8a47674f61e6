import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A program of a Debian package, installed where it is missing and this may be done. */
export function debianProgram(packageName: string, program: string): string {
  if (existsSync(program)) return program;
  const advice = `${packageName} is needed: apt-get install ${packageName}`;
  if (process.getuid?.() !== 0) throw new Error(`${advice} (as root)`);
  console.error(`installing ${packageName} …`);
  // A service that starts by itself would take a port and CPU.
  const env = { PATH: process.env.PATH ?? '', DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = { env, encoding: 'utf8' as const };
  spawnSync('apt-get', ['update', '-qq'], options);
  const installed = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', packageName], options);
  if (installed.status === 0 && existsSync(program)) return program;
  throw new Error(`${advice}\n${installed.error?.message ?? installed.stderr?.split('\n').slice(-5).join('\n')}`);
}
