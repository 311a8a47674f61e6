import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ImageFile } from './image-files.ts';
import { type TarEntry, tarEnd, tarHeader, tarPadding } from './tar.ts';

/** A layer on disk: an uncompressed tar, because compressors of two machines differ by a byte. */
export type WrittenLayer = { file: string; size: number; digest: string };

export async function writeLayer(
  files: readonly ImageFile[],
  file: string,
  mtimeSeconds: number,
): Promise<WrittenLayer> {
  const hash = createHash('sha256');
  let size = 0;
  const handle = await open(file, 'w');
  const put = async (chunk: Uint8Array): Promise<void> => {
    hash.update(chunk);
    size += chunk.length;
    await handle.writeFile(chunk);
  };
  try {
    for (const each of withParents(files)) await putFile(each, mtimeSeconds, put);
    await put(tarEnd);
  } finally {
    await handle.close();
  }
  return { file, size, digest: `sha256:${hash.digest('hex')}` };
}

type Put = (chunk: Uint8Array) => Promise<void>;

async function putFile(file: ImageFile, mtimeSeconds: number, put: Put): Promise<void> {
  const entry = { path: file.path, uid: file.uid ?? 0, gid: file.gid ?? 0, mtimeSeconds, size: 0 };
  if ('directory' in file) return put(tarHeader({ ...entry, kind: 'directory', mode: file.mode ?? 0o755 }));
  if ('linkTo' in file) return put(tarHeader({ ...entry, kind: 'link', mode: 0o777, linkTo: file.linkTo }));
  const plain = { ...entry, kind: 'file', mode: file.mode ?? 0o644 } as const;
  if ('content' in file) return putContent(plain, Buffer.from(file.content), put);
  return putCopy(plain, file.copyOf, put);
}

async function putContent(entry: TarEntry, content: Buffer, put: Put): Promise<void> {
  await put(tarHeader({ ...entry, size: content.length }));
  await put(content);
  await put(tarPadding(content.length));
}

/** Streams, as a Node binary is over 100 MB; insists on the announced size, or all that follows would be garbage. */
async function putCopy(entry: TarEntry, source: string, put: Put): Promise<void> {
  const { size } = await stat(source);
  await put(tarHeader({ ...entry, size }));
  let copied = 0;
  for await (const chunk of createReadStream(source, { highWaterMark: 1 << 20 })) {
    copied += chunk.length;
    await put(chunk);
  }
  if (copied !== size) throw new Error(`${source} changed while it was copied into an image`);
  await put(tarPadding(size));
}

/** Sorted by bytes, every folder before what is in it; paths without the leading slash, as layers have them. */
function withParents(files: readonly ImageFile[]): ImageFile[] {
  const byPath = new Map<string, ImageFile>();
  for (const file of files) {
    const relative = path.posix.join('/', file.path).slice(1).replace(/\/$/, '');
    if (relative === '') continue;
    if (byPath.has(relative)) throw new Error(`two files of an image layer are called /${relative}`);
    byPath.set(relative, { ...file, path: relative });
  }
  for (const relative of [...byPath.keys()]) {
    for (let parent = path.posix.dirname(relative); parent !== '.'; parent = path.posix.dirname(parent)) {
      if (!byPath.has(parent)) byPath.set(parent, { path: parent, directory: true });
    }
  }
  return [...byPath.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}
