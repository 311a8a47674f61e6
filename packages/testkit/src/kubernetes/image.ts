import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ImageFile } from './image-files.ts';
import { type WrittenLayer, writeLayer } from './image-layer.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

export type ImageArchive = {
  /** Full names, such as `registry.example/team/name:1.0`; short ones mean what docker takes them to mean. */
  tags: readonly string[];
  entrypoint: readonly string[];
  command?: readonly string[];
  env?: Readonly<Record<string, string>>;
  workingDir?: string;
  /** `uid` or `uid:gid`; numbers, so that Kubernetes can see that it is not root. */
  user?: string;
  labels?: Readonly<Record<string, string>>;
  exposedPorts?: readonly number[];
  architecture?: 'amd64' | 'arm64';
  /** Seconds since 1970 of every file and of the image itself; fixed, so that the same inputs give the same bytes. */
  createdAtSeconds?: number;
} & ({ files: readonly ImageFile[] } | { layers: readonly (readonly ImageFile[])[] });

export type WrittenImage = { digest: string; imageId: string };

/**
 * Writes an image that docker, podman and containerd can load, without any of them. The archive is a docker archive
 * (`manifest.json`) and an OCI layout (`index.json`) over the same blobs: thanks to the latter its digest is known here
 * and is the one under which a cluster will know it.
 */
export async function writeImageArchive(image: ImageArchive, outPath: string): Promise<WrittenImage> {
  const seconds = image.createdAtSeconds ?? 0;
  const layerFiles = 'layers' in image ? image.layers : [image.files];
  await mkdir(path.dirname(path.resolve(outPath)), { recursive: true });
  const layers: WrittenLayer[] = [];
  try {
    for (const [index, files] of layerFiles.entries()) {
      layers.push(await writeLayer(files, `${outPath}.layer-${index}`, seconds));
    }
    const documents = describeImage(image, layers, seconds);
    await writeArchive(documents, layers, `${outPath}.unfinished`, seconds);
    await rename(`${outPath}.unfinished`, outPath);
    return { digest: documents.manifest.digest, imageId: documents.config.digest };
  } finally {
    for (const index of layerFiles.keys()) await rm(`${outPath}.layer-${index}`, { force: true });
    await rm(`${outPath}.unfinished`, { force: true });
  }
}

type Blob = { bytes: Buffer; digest: string; size: number };
type Documents = { config: Blob; manifest: Blob; index: Blob; dockerManifest: Blob };

const oci = {
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;

function describeImage(image: ImageArchive, layers: readonly WrittenLayer[], seconds: number): Documents {
  const config = json(imageConfig(image, layers, seconds));
  const manifest = json({
    schemaVersion: 2,
    mediaType: oci.manifest,
    config: { mediaType: oci.config, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: oci.layer, digest, size })),
  });
  const names = image.tags.map(fullName);
  const index = json({
    schemaVersion: 2,
    mediaType: oci.index,
    manifests: names.map((name) => ({
      mediaType: oci.manifest,
      digest: manifest.digest,
      size: manifest.size,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tagOf(name) },
    })),
  });
  const paths = layers.map(({ digest }) => blobPath(digest));
  const dockerManifest = json([{ Config: blobPath(config.digest), RepoTags: names, Layers: paths }]);
  return { config, manifest, index, dockerManifest };
}

function imageConfig(image: ImageArchive, layers: readonly WrittenLayer[], seconds: number): unknown {
  const created = new Date(seconds * 1000).toISOString();
  const { entrypoint, command, env = {}, workingDir, user, labels, exposedPorts } = image;
  return {
    architecture: image.architecture ?? (process.arch === 'arm64' ? 'arm64' : 'amd64'),
    os: 'linux',
    created,
    config: {
      Entrypoint: entrypoint,
      Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...env }).map(([name, value]) => `${name}=${value}`),
      ...(command === undefined ? {} : { Cmd: command }),
      ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
      ...(user === undefined ? {} : { User: user }),
      ...(labels === undefined ? {} : { Labels: labels }),
      ...(exposedPorts === undefined
        ? {}
        : { ExposedPorts: Object.fromEntries(exposedPorts.map((port) => [`${port}/tcp`, {}])) }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(() => ({ created, created_by: 'signalbox' })),
  };
}

async function writeArchive(documents: Documents, layers: readonly WrittenLayer[], file: string, seconds: number) {
  const archive = await open(file, 'w');
  const entry = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeSeconds: seconds } as const;
  const put = async (name: string, bytes: Buffer): Promise<void> => {
    const header = tarHeader({ ...entry, path: name, size: bytes.length });
    await archive.writeFile(Buffer.concat([header, bytes, tarPadding(bytes.length)]));
  };
  try {
    await put('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
    await put('index.json', documents.index.bytes);
    await put('manifest.json', documents.dockerManifest.bytes);
    await put(blobPath(documents.manifest.digest), documents.manifest.bytes);
    await put(blobPath(documents.config.digest), documents.config.bytes);
    for (const layer of distinct(layers)) {
      await archive.writeFile(tarHeader({ ...entry, path: blobPath(layer.digest), size: layer.size }));
      await append(archive, layer.file);
      await archive.writeFile(tarPadding(layer.size));
    }
    await archive.writeFile(tarEnd);
  } finally {
    await archive.close();
  }
}

async function append(archive: FileHandle, file: string): Promise<void> {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) await archive.writeFile(chunk);
}

function distinct(layers: readonly WrittenLayer[]): WrittenLayer[] {
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}

function json(value: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** `name` → `docker.io/library/name:latest`: what every runtime reads into a short name. */
export function fullName(tag: string): string {
  const [first = '', ...rest] = tag.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = hasHost ? tag : `docker.io/${rest.length === 0 ? `library/${tag}` : tag}`;
  return tagOf(path) === '' ? `${path}:latest` : path;
}

function tagOf(name: string): string {
  return /:([^/:]+)$/.exec(name)?.[1] ?? '';
}
