import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ImageFile } from './image-files.ts';

const execute = promisify(execFile);

/**
 * The shared libraries and the loader that a program of this machine needs, at the places where it looks for them.
 * With them an image needs no distribution below it; it does then depend on the machine that it was built on.
 */
export async function librariesOf(program: string): Promise<ImageFile[]> {
  const stdout = await tellLibraries(program);
  const missing = /^\s*(\S+) => not found$/m.exec(stdout)?.[1];
  if (missing !== undefined) throw new Error(`${program} needs ${missing}, which this machine does not have`);
  const found = [...stdout.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)].map(([, file]) => file ?? '');
  return [...new Set(found)].map((file) => ({ path: file, copyOf: file, mode: 0o755 }));
}

async function tellLibraries(program: string): Promise<string> {
  try {
    return (await execute('ldd', [program])).stdout;
  } catch (error) {
    // ldd calls it a failure when a program needs none.
    if (error instanceof Error && /not a dynamic executable|statically linked/.test(error.message)) return '';
    throw new Error(`cannot tell the libraries of ${program}`, { cause: error });
  }
}
