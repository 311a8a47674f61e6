import { lstat, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';

/** A file of an image. Paths are absolute inside the image; the folders above are made where nobody lists them. */
export type ImageFile = { path: string; mode?: number; uid?: number; gid?: number } & (
  | { content: string | Uint8Array }
  | { copyOf: string }
  | { linkTo: string }
  | { directory: true }
);

/**
 * Everything under a folder of this machine, as files of the image. Of the modes only "executable" is kept: the rest
 * depends on who checked the repository out, and an image must not.
 */
export async function filesUnder(
  folder: string,
  imagePath: string,
  wanted: (relativePath: string) => boolean = () => true,
): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  const visit = async (relative: string): Promise<void> => {
    for (const name of (await readdir(path.join(folder, relative))).sort()) {
      const child = path.join(relative, name);
      if (!wanted(child)) continue;
      const file = await describe(path.join(folder, child), path.posix.join(imagePath, child));
      if (file !== undefined) files.push(file);
      if (file !== undefined && 'directory' in file) await visit(child);
    }
  };
  await visit('');
  return files;
}

async function describe(source: string, imagePath: string): Promise<ImageFile | undefined> {
  const stats = await lstat(source);
  if (stats.isSymbolicLink()) return { path: imagePath, linkTo: await readlink(source) };
  if (stats.isDirectory()) return { path: imagePath, directory: true };
  if (!stats.isFile()) return undefined;
  return { path: imagePath, copyOf: source, mode: (stats.mode & 0o111) === 0 ? 0o644 : 0o755 };
}
