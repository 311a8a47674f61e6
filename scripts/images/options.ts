import { parseArgs } from 'node:util';
import { type ImageName, imageNames } from './image-names.ts';

export const usage = `Usage: npm run images -- [options]

Assembles the images of Signalbox, without docker, as archives that docker, podman and containerd load. The same
sources on the same machine give the same digests.

  --only NAME         only this image; may be given several times (${imageNames.join(', ')})
  --tag NAME=TAG      a further tag of an image, such as simulated-engine=vllm/vllm-openai:v0.32.0; several times too
  --out DIR           where the archives go (default .cache/images)
  --unpack            beside each archive, the same files as a folder (DIR/NAME/), for a Dockerfile to copy
  --help              this text

Examples:
  npm run images
  npm run images -- --only gateway --out /tmp/images
  docker load -i .cache/images/gateway.tar`;

export interface Options {
  only: readonly ImageName[];
  tags: Readonly<Record<ImageName, readonly string[]>>;
  outDir: string | undefined;
  unpack: boolean;
  help: boolean;
}

export class BadUsage extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const values = parseFlags(args);
  const only = values.only.map(knownName);
  const tags = values.tag.map(parseTag);
  return {
    only: only.length === 0 ? imageNames : imageNames.filter((name) => only.includes(name)),
    tags: Object.fromEntries(
      imageNames.map((name) => [name, tags.filter((each) => each.name === name).map(({ tag }) => tag)]),
    ) as Record<ImageName, string[]>,
    outDir: values.out,
    unpack: values.unpack,
    help: values.help,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] as string[] },
        tag: { type: 'string', multiple: true, default: [] as string[] },
        out: { type: 'string' },
        unpack: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new BadUsage(error instanceof Error ? error.message : String(error));
  }
}

function knownName(text: string): ImageName {
  const name = imageNames.find((each) => each === text);
  if (name === undefined) throw new BadUsage(`There is no image "${text}"; there are: ${imageNames.join(', ')}.`);
  return name;
}

/** A name of a registry's own grammar, with a tag: a digest can't be chosen, and `latest` would be pulled each time. */
const imageTag =
  /^([a-zA-Z0-9.-]+(:\d+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*:[a-zA-Z0-9_][\w.-]{0,127}$/;

function parseTag(text: string): { name: ImageName; tag: string } {
  const at = text.indexOf('=');
  if (at === -1) throw new BadUsage(`--tag takes NAME=TAG, such as gateway=team/gateway:1; not "${text}".`);
  const tag = text.slice(at + 1);
  if (!imageTag.test(tag)) throw new BadUsage(`"${tag}" is not an image's name with a tag, such as team/gateway:1.`);
  return { name: knownName(text.slice(0, at)), tag };
}
