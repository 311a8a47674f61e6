import { open, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { isMissing } from './state-folder.ts';

const longestBytes = 10 * 1024 * 1024;
const keptBytes = 1024 * 1024;
const readBytes = 256 * 1024;
const longestLine = 4_000;

/** The last lines of a log and of what was rotated away before it, newest last. */
export async function lastLines(path: string, count: number): Promise<readonly string[]> {
  if (count <= 0) return [];
  const lines = await tailLines(path, 0);
  const older = lines.length < count ? await tailLines(`${path}.1`, 0) : [];
  return [...older, ...lines].slice(-count);
}

/** The last line with text that was written from `offset` on; null when nothing was. */
export async function lastLineSince(path: string, offset: number): Promise<string | null> {
  const lines = await tailLines(path, offset);
  return lines.findLast((line) => line.trim() !== '')?.trim() ?? null;
}

export async function logSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/**
 * Keeps a log bounded while the engine has it open. The engine appends, so that truncating in place works and it need
 * not reopen anything; what it writes between the copy and the cut is lost.
 */
export async function rotateLog(path: string, limitBytes: number = longestBytes): Promise<boolean> {
  if ((await logSize(path)) <= limitBytes) return false;
  const { bytes } = await readTail(path, 0, keptBytes);
  await writeFile(`${path}.rotating`, bytes);
  await rename(`${path}.rotating`, `${path}.1`);
  await truncate(path, 0);
  return true;
}

async function tailLines(path: string, offset: number): Promise<readonly string[]> {
  const { bytes, fromStart } = await readTail(path, offset, readBytes);
  const lines = bytes.toString('utf8').split('\n');
  // The first line of a window that begins inside the file is a fragment.
  const whole = fromStart ? lines : lines.slice(1);
  if (whole.at(-1) === '') whole.pop();
  return whole.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
}

async function readTail(path: string, offset: number, most: number): Promise<{ bytes: Buffer; fromStart: boolean }> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return { bytes: Buffer.alloc(0), fromStart: true };
    throw error;
  }
  try {
    const { size } = await file.stat();
    // A log shorter than the offset has been rotated since.
    const first = offset <= size ? offset : 0;
    const start = Math.max(first, size - most);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, size - start, start);
    return { bytes: buffer.subarray(0, bytesRead), fromStart: start === first };
  } finally {
    await file.close();
  }
}
