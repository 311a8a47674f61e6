import { stat } from 'node:fs/promises';
import path from 'node:path';
import { writeImageArchive } from '../../packages/testkit/src/kubernetes/image.ts';
import { baseFiles } from './base-files.ts';
import { imageOf } from './image-contents.ts';
import type { ImageName } from './image-names.ts';
import { BadUsage, parseOptions, usage } from './options.ts';
import { unpackFiles } from './unpack-files.ts';

/** `npm run images`: what `images/Dockerfile` makes, for machines without docker. */
const repository = path.resolve(import.meta.dirname, '../..');

export interface BuildRequest {
  only: readonly ImageName[];
  tags: Readonly<Partial<Record<ImageName, readonly string[]>>>;
  outDir?: string | undefined;
  unpack?: boolean;
  say?: (line: string) => void;
}

export interface BuiltImage {
  name: ImageName;
  tags: readonly string[];
  archive: string;
  digest: string;
}

export async function buildImages({ only, tags, outDir, unpack = false, say = () => {} }: BuildRequest) {
  if (process.platform !== 'linux') throw new BadUsage('Images hold Linux programs: build them on Linux.');
  const folder = path.resolve(outDir ?? path.join(repository, '.cache/images'));
  const base = await baseFiles(repository);
  const built: BuiltImage[] = [];
  for (const name of only) {
    const image = await imageOf(name, { repository, base, moreTags: tags[name] ?? [] });
    const archive = path.join(folder, `${name}.tar`);
    const { digest } = await writeImageArchive(image, archive);
    if (unpack) await unpackFiles(image.layers.flat(), path.join(folder, name));
    const megabytes = Math.round((await stat(archive)).size / 1e6);
    say(`${image.tags.join(' ')}\n  ${digest}  ${megabytes} MB  ${path.relative('', archive)}`);
    built.push({ name, tags: image.tags, archive, digest });
  }
  return built;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) console.log(usage);
    else await buildImages({ ...options, say: console.log });
    return 0;
  } catch (error) {
    if (!(error instanceof BadUsage)) {
      console.error(`The images could not be built: ${error instanceof Error ? error.message : error}`);
      return 1;
    }
    console.error(`${error.message}\n\n${usage}`);
    return 64;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
