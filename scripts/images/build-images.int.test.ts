import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const program = path.join(import.meta.dirname, 'build-images.ts');
const onLinux = process.platform === 'linux' ? describe : describe.skip;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'images-test-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

onLinux('npm run images', () => {
  const tag = 'vllm/vllm-openai:v0.32.0';
  const build = (out: string, ...more: string[]): string => {
    const args = [program, '--only', 'simulated-engine', '--tag', `simulated-engine=${tag}`, '--out', out, ...more];
    return execFileSync(process.execPath, args, { encoding: 'utf8' });
  };

  test('makes the same bytes of the same sources, and says their digest', async () => {
    const said = ['first', 'again'].map((name) => build(path.join(folder, name), '--unpack'));
    const [first, again] = said.map((text) => /sha256:[0-9a-f]{64}/.exec(text)?.[0]);
    expect(first).toBeDefined();
    expect(again).toBe(first);
    const archives = ['first', 'again'].map((name) => path.join(folder, name, 'simulated-engine.tar'));
    const [a, b] = await Promise.all(archives.map(sha256));
    expect(b).toBe(a);
    expect(said[0]).toContain(`signalbox/simulated-engine:0.32.0 ${tag}`);
  }, 60_000);

  test('puts the program on the PATH, an unprivileged user beside it, and no shell', async () => {
    const image = path.join(folder, 'first/simulated-engine');
    const isThere = async (file: string) => (await stat(path.join(image, file)).catch(() => undefined)) !== undefined;
    for (const file of ['usr/local/bin/simulated-engine', 'usr/local/bin/vllm', 'etc/passwd', 'app/LICENCES.txt']) {
      expect([file, await isThere(file)]).toEqual([file, true]);
    }
    expect(await isThere('bin/sh')).toBe(false);
    expect((await stat(path.join(image, 'usr/local/bin/simulated-engine'))).mode & 0o777).toBe(0o755);
  });

  test('bundles a program that starts from its folder alone', () => {
    const main = path.join(folder, 'first/simulated-engine/app/main.js');
    const run = spawnSync(process.execPath, [main, 'my/model', '--port', 'x'], { encoding: 'utf8', cwd: folder });
    expect(run.stderr).toContain('argument --port');
    expect(run.status).toBe(2);
  });

  test('refuses an image that does not exist', () => {
    const run = spawnSync(process.execPath, [program, '--only', 'engine'], { encoding: 'utf8' });
    expect(run.status).toBe(64);
    expect(run.stderr).toContain('There is no image "engine"');
  });
});

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
