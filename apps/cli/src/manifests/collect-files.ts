import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { errorCode } from '../error-code.ts';
import { UsageError } from '../exit-code.ts';

export interface ManifestFile {
  file: string;
  text: string;
}

/** One request carries them all, and the control plane takes 8 MiB. */
const LARGEST_FILE_BYTES = 4 * 1024 * 1024;
const LARGEST_TOTAL_BYTES = 7 * 1024 * 1024;

const MANIFEST = /\.(yaml|yml|json)$/;

/**
 * Reads what `-f` names: files, folders (their *.yaml, *.yml and *.json at any depth, sorted; hidden ones left out)
 * or `-` for stdin. All problems are told at once; nothing large is read before its size is known.
 */
export async function collectFiles(
  named: readonly string[],
  { cwd, stdin }: { cwd: string; stdin: Readable },
): Promise<readonly ManifestFile[]> {
  const problems: string[] = [];
  const files: ManifestFile[] = [];
  for (const name of named) {
    try {
      files.push(...(await readNamed(name, cwd, stdin)));
    } catch (error) {
      problems.push(describe(name, error));
    }
  }
  const total = files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (total > LARGEST_TOTAL_BYTES)
    problems.push(`together the manifests are larger than ${mebibytes(LARGEST_TOTAL_BYTES)}`);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return withoutRepeats(files);
}

/** The same file named twice, as itself and through its folder, is one file. */
function withoutRepeats(files: readonly ManifestFile[]): readonly ManifestFile[] {
  return [...new Map(files.map((it) => [it.file, it])).values()];
}

async function readNamed(name: string, cwd: string, stdin: Readable): Promise<readonly ManifestFile[]> {
  if (name === '-') return [{ file: '-', text: decode(await readStream(stdin)) }];
  const path = resolve(cwd, name);
  const facts = await stat(path);
  if (!facts.isDirectory()) return [{ file: name, text: await readManifest(path) }];
  const paths = await manifestsIn(path);
  if (paths.length === 0) throw new Problem('no manifests in this folder (*.yaml, *.yml, *.json)');
  return Promise.all(
    paths.map(async (found) => {
      const file = join(name, relative(path, found));
      return { file, text: await readManifest(found).catch((error) => Promise.reject(within(file, error))) };
    }),
  );
}

async function manifestsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) found.push(...(await manifestsIn(path)));
    // A link counts as what it leads to, but linked folders are left out: they may lead in circles.
    else if (MANIFEST.test(entry.name) && (entry.isFile() || (await stat(path)).isFile())) found.push(path);
  }
  return found;
}

async function readManifest(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    const facts = await handle.stat();
    if (facts.isFile() && facts.size > LARGEST_FILE_BYTES) throw tooLarge(facts.size);
    return decode(facts.isFile() ? await handle.readFile() : await readPipe(handle));
  } finally {
    await handle.close();
  }
}

/** A pipe, as in `-f <(helm template …)`, does not tell its size before it is read. */
function readPipe(handle: FileHandle): Promise<Buffer> {
  return readStream(handle.createReadStream({ autoClose: false }));
}

async function readStream(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > LARGEST_FILE_BYTES) throw tooLarge(undefined);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('is not text in UTF-8');
  }
}

class Problem extends Error {
  readonly file: string | undefined;

  constructor(message: string, file?: string) {
    super(message);
    this.file = file;
  }
}

function within(file: string, error: unknown): Problem {
  return new Problem(reason(error), file);
}

function tooLarge(bytes: number | undefined): Problem {
  const size = bytes === undefined ? 'more' : mebibytes(bytes);
  return new Problem(`is too large for manifests (${size}, at most ${mebibytes(LARGEST_FILE_BYTES)})`);
}

function mebibytes(bytes: number): string {
  return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`;
}

function describe(name: string, error: unknown): string {
  const file = error instanceof Problem ? (error.file ?? name) : name;
  return `${file === '-' ? 'stdin' : file}: ${reason(error)}`;
}

function reason(error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return 'no such file or folder';
  if (code === 'EACCES') return 'may not be read by you';
  if (error instanceof Problem) return error.message;
  return code !== undefined ? `cannot be read (${code})` : String(error);
}
