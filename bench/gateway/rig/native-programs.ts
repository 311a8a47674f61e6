import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './paths.ts';

const sources = join(import.meta.dirname, '..', 'native');

/** The load and the engine are C programs: written in Node they would be the bottleneck of the measurement. */
export function nativeProgram(name: 'load' | 'mock'): string {
  const folder = join(cache, 'bench-native', fingerprint());
  const program = join(folder, name);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  try {
    // Under another name first: a second bench that starts now must not find half a program.
    const fresh = `${program}.${process.pid}`;
    execFileSync('cc', ['-O2', '-Wall', '-o', fresh, join(sources, `${name}.c`), '-lm'], { encoding: 'utf8' });
    renameSync(fresh, program);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(missing ? 'cc is needed: apt-get install gcc libc6-dev' : `${name}.c did not compile`, {
      cause: error,
    });
  }
  return program;
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(sources).sort()) hash.update(file).update(readFileSync(join(sources, file)));
  return hash.digest('hex').slice(0, 16);
}
