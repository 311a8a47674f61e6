import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImageFile } from '../../packages/testkit/src/kubernetes/image-files.ts';

/** An image's files in a folder of this machine; owners are left to whoever copies them on. */
export async function unpackFiles(files: readonly ImageFile[], folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const file of files) {
    const target = path.join(folder, path.posix.join('/', file.path));
    await mkdir(path.dirname(target), { recursive: true });
    if ('directory' in file) await mkdir(target, { recursive: true });
    else if ('linkTo' in file) await symlink(file.linkTo, target);
    else if ('copyOf' in file) await copyFile(file.copyOf, target);
    else await writeFile(target, file.content);
    if (!('linkTo' in file)) await chmod(target, file.mode ?? ('directory' in file ? 0o755 : 0o644));
  }
}
