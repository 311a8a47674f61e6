import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImageArchive } from '../../packages/testkit/src/kubernetes/image.ts';
import { filesUnder, type ImageFile } from '../../packages/testkit/src/kubernetes/image-files.ts';
import { nodePath, user } from './base-files.ts';
import { type Bundle, bundleProgram } from './bundle.ts';
import type { ImageName } from './image-names.ts';

interface Contents {
  program: string;
  /** Of the product; the simulated engine has that of the vLLM which it simulates. */
  version?: string;
  title: string;
  ports: readonly number[];
  entrypoint: readonly string[];
  env?: Readonly<Record<string, string>>;
  moreFiles?: (repository: string) => Promise<ImageFile[]> | ImageFile[];
}

const main = '/app/main.js';
/** The gateway's snapshot and its identity; a volume where they are to outlive the container. */
const gatewayData = '/var/lib/signalbox';

const contents: Readonly<Record<ImageName, Contents>> = {
  'control-plane': {
    program: 'apps/control-plane/src/main.ts',
    title: 'Signalbox control plane',
    ports: [4600, 4610],
    entrypoint: [nodePath, main],
    // Three folders above the program, where the database package looks for them.
    moreFiles: (repository) => filesUnder(path.join(repository, 'migrations'), '/migrations'),
  },
  gateway: {
    program: 'apps/gateway/src/main.ts',
    title: 'Signalbox gateway',
    ports: [4601, 4611],
    entrypoint: [nodePath, main],
    env: { SIGNALBOX_GATEWAY_DATA_DIR: gatewayData },
    moreFiles: () => [{ path: gatewayData, directory: true, uid: user.id, gid: user.id, mode: 0o700 }],
  },
  'simulated-engine': {
    program: 'packages/testkit/src/simulated-engine/main.ts',
    version: '0.32.0',
    title: 'Simulated engine: behaves like vLLM, runs no model',
    ports: [8000],
    entrypoint: ['simulated-engine'],
    // There is no shell in the image: the kernel itself starts Node by the first line. `vllm serve …` works too, so that
    // a test can put this image where a manifest says vLLM.
    moreFiles: () =>
      ['simulated-engine', 'vllm'].map((name) => ({
        path: `/usr/local/bin/${name}`,
        content: `#!${nodePath}\nimport('${main}');\n`,
        mode: 0o755,
      })),
  },
};

export interface ImageInputs {
  repository: string;
  base: readonly ImageFile[];
  moreTags: readonly string[];
}

export type LayeredImage = ImageArchive & { layers: readonly (readonly ImageFile[])[] };

export type Runtime = Pick<ImageArchive, 'entrypoint'> & {
  env: Readonly<Record<string, string>>;
  user: string;
  exposedPorts: readonly number[];
};

/** How a container of the image starts. */
export function runtimeOf(name: ImageName): Runtime {
  const { entrypoint, env = {}, ports } = contents[name];
  return { entrypoint, env: { NODE_ENV: 'production', ...env }, user: `${user.id}:${user.id}`, exposedPorts: ports };
}

/** Node below and the program above: the large layer is common to all images and is fetched once. */
export async function imageOf(name: ImageName, { repository, base, moreTags }: ImageInputs): Promise<LayeredImage> {
  const { program, version, title, moreFiles = () => [] } = contents[name];
  const product = await productVersion(repository);
  const tag = `signalbox/${name}:${version ?? product}`;
  const bundle = await bundleProgram(repository, program);
  return {
    tags: [...new Set([tag, ...moreTags])],
    ...runtimeOf(name),
    labels: {
      'org.opencontainers.image.title': title,
      'org.opencontainers.image.version': version ?? product,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
    layers: [base, [...programFiles(bundle), ...(await moreFiles(repository))]],
  };
}

function programFiles({ code, licences }: Bundle): ImageFile[] {
  return [
    { path: main, content: code },
    { path: '/app/package.json', content: '{"type":"module"}\n' },
    { path: '/app/LICENCES.txt', content: licences },
  ];
}

async function productVersion(repository: string): Promise<string> {
  return JSON.parse(await readFile(path.join(repository, 'package.json'), 'utf8')).version;
}
