import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fullName, type ImageArchive, writeImageArchive } from './image.ts';
import { filesUnder } from './image-files.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'image-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const deep = `/srv/${'a-folder-with-a-long-name/'.repeat(8)}`;
const small: ImageArchive = {
  tags: ['team/small:1'],
  architecture: 'amd64',
  entrypoint: ['/bin/small'],
  env: { LANG: 'C' },
  workingDir: '/srv',
  user: '1000:1000',
  files: [
    { path: '/bin/small', content: 'a program', mode: 0o755 },
    { path: '/srv/empty', content: '' },
    { path: '/srv/größe.txt', content: 'not ASCII' },
    { path: `${deep}file`, content: 'deep' },
    { path: `/srv/${'n'.repeat(120)}`, content: 'long' },
    { path: '/srv/link', linkTo: `../${'t'.repeat(120)}` },
    { path: '/data', directory: true, uid: 1000, gid: 1000, mode: 0o700 },
  ],
};

describe('an image archive', () => {
  test('is the same, byte by byte, when it is written again', async () => {
    const first = await writeImageArchive(small, path.join(folder, 'first.tar'));
    const again = await writeImageArchive(small, path.join(folder, 'again.tar'));
    expect(again).toEqual(first);
    expect(await sha256(path.join(folder, 'again.tar'))).toBe(await sha256(path.join(folder, 'first.tar')));
  });

  test('does not depend on the order in which files are named', async () => {
    const reversed = { ...small, files: 'files' in small ? [...small.files].reverse() : [] };
    const first = await writeImageArchive(small, path.join(folder, 'first.tar'));
    const other = await writeImageArchive(reversed, path.join(folder, 'other.tar'));
    expect(other.digest).toBe(first.digest);
  });

  test('does not depend on when and by whom copied files were written', async () => {
    const source = path.join(folder, 'program');
    const image = { ...small, files: [{ path: '/program', copyOf: source, mode: 0o755 }] };
    await writeFile(source, 'bytes', { mode: 0o600 });
    const first = await writeImageArchive(image, path.join(folder, 'first.tar'));
    await utimes(source, 1_000, 1_000);
    const later = await writeImageArchive(image, path.join(folder, 'later.tar'));
    expect(later.digest).toBe(first.digest);
  });

  test('has another digest when anything in it differs', async () => {
    const { digest } = await writeImageArchive(small, path.join(folder, 'first.tar'));
    const other = await writeImageArchive({ ...small, env: { LANG: 'C.UTF-8' } }, path.join(folder, 'other.tar'));
    expect(other.digest).not.toBe(digest);
  });

  test('names the manifest by the digest that was returned, the layer and the configuration by theirs', async () => {
    const file = path.join(folder, 'image.tar');
    const { digest, imageId } = await writeImageArchive(small, file);
    const root = unpack(file);
    const index = JSON.parse(await readFile(path.join(root, 'index.json'), 'utf8'));
    expect(index.manifests[0].digest).toBe(digest);
    expect(index.manifests[0].annotations['io.containerd.image.name']).toBe('docker.io/team/small:1');
    const [docker] = JSON.parse(await readFile(path.join(root, 'manifest.json'), 'utf8'));
    expect(docker).toMatchObject({
      RepoTags: ['docker.io/team/small:1'],
      Config: `blobs/${imageId.replace(':', '/')}`,
    });
    for (const blob of [docker.Config, docker.Layers[0], `blobs/${digest.replace(':', '/')}`]) {
      expect(await sha256(path.join(root, blob))).toBe(path.basename(blob));
    }
  });

  test('has layers that an ordinary tar reads, long and foreign names included', async () => {
    const file = path.join(folder, 'image.tar');
    await writeImageArchive(small, file);
    const root = unpack(file);
    const [docker] = JSON.parse(await readFile(path.join(root, 'manifest.json'), 'utf8'));
    const listing = tar('--numeric-owner', '--quoting-style=literal', '-tvf', path.join(root, docker.Layers[0]));
    expect(listing).toMatch(/^drwx------ 1000\/1000 +0 1970-01-01 00:00 data\/$/m);
    expect(listing).toMatch(/^-rwxr-xr-x 0\/0 +9 1970-01-01 00:00 bin\/small$/m);
    expect(listing).toContain('srv/größe.txt');
    expect(listing).toContain(`${deep.slice(1)}file`);
    expect(listing).toContain(`srv/${'n'.repeat(120)}`);
    expect(listing).toContain(`srv/link -> ../${'t'.repeat(120)}`);
  });

  test('refuses two files of one name', async () => {
    const files = [
      { path: '/a', content: '1' },
      { path: 'a', content: '2' },
    ];
    await expect(writeImageArchive({ ...small, files }, path.join(folder, 'x.tar'))).rejects.toThrow('two files');
  });

  test('takes a folder with its links, and of the modes only whether a file is executable', async () => {
    await writeFile(path.join(folder, 'run.sh'), '#!', { mode: 0o700 });
    await writeFile(path.join(folder, 'text'), 'text', { mode: 0o600 });
    await symlink('text', path.join(folder, 'link'));
    expect(await filesUnder(folder, '/opt')).toEqual([
      { path: '/opt/link', linkTo: 'text' },
      { path: '/opt/run.sh', copyOf: path.join(folder, 'run.sh'), mode: 0o755 },
      { path: '/opt/text', copyOf: path.join(folder, 'text'), mode: 0o644 },
    ]);
  });
});

test.each([
  ['small', 'docker.io/library/small:latest'],
  ['team/small:1', 'docker.io/team/small:1'],
  ['signalbox.dev/small', 'signalbox.dev/small:latest'],
  ['localhost:5000/small:2', 'localhost:5000/small:2'],
])('%s is the image %s', (tag, name) => {
  expect(fullName(tag)).toBe(name);
});

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

function unpack(file: string): string {
  tar('-xf', file, '-C', folder);
  return folder;
}

function tar(...args: string[]): string {
  return execFileSync('tar', args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' } });
}
