import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { attachToTestCluster, hasTestCluster } from '@signalbox/testkit/kubernetes';

const execute = promisify(execFile);

export const chartFolder = path.resolve(import.meta.dirname, '../../charts/signalbox');

/** A real helm: the test cluster's, or with a cluster of the user's own the one on the PATH. */
export async function helm(...args: string[]): Promise<string> {
  const program = hasTestCluster() ? (await attachToTestCluster()).binaries.helm : 'helm';
  if (hasTestCluster() && !existsSync(program)) throw new Error(`there is no helm at ${program}`);
  try {
    return (await execute(program, args, { maxBuffer: 16 * 1024 * 1024 })).stdout;
  } catch (error) {
    const told = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`helm ${args[0]}: ${told.trim()}`);
  }
}

export type Values = Readonly<Record<string, unknown>>;

/** Values as one argument: JSON is YAML, and needs none of the quoting that `--set` asks for. */
export function setValues(values: Values): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['--set-json', `${name}=${JSON.stringify(value)}`]);
}
