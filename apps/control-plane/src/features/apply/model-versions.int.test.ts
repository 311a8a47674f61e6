import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { manifests, startTestApi, type TestApi } from '../../testing/index.ts';

const { model, set, version } = manifests;
const commit = 'a'.repeat(40);
let api: TestApi;
let hub: Server;
let asked: string[];

/** Answers as the hub’s API does. */
function answerAsHub(url: string): { status: number; body: unknown } {
  asked.push(url);
  if (url.endsWith('/revision/main')) return { status: 200, body: { sha: commit } };
  if (url.endsWith('/revision/odd')) return { status: 200, body: { sha: 'main' } };
  return { status: url.includes('gated') ? 401 : 404, body: { error: 'no' } };
}

beforeAll(async () => {
  hub = createServer((request, response) => {
    const { status, body } = answerAsHub(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  api = await startTestApi({ hubUrl: `http://127.0.0.1:${(hub.address() as AddressInfo).port}` });
  await api.apply(model);
});
afterAll(async () => {
  await api.stop();
  hub.closeAllConnections();
  hub.close();
});
beforeEach(() => {
  asked = [];
});

function from(name: string, source: string): string {
  return version(name).replace(/source: .*/, `source: ${source}`);
}

const statusOf = async (name: string) => (await api.get(`/v1/model-versions/tiny-${name}`)).body.status;

describe('a moving reference', () => {
  test('is resolved once, when the version is registered', async () => {
    const moving = from('main', '{ huggingFace: { repo: example/tiny, revision: main } }');
    expect((await api.apply(moving)).changes).toEqual(['ModelVersion tiny-main created']);
    expect((await api.apply(moving)).changes).toEqual(['ModelVersion tiny-main unchanged']);
    expect(asked).toEqual(['/api/models/example/tiny/revision/main']);
    expect((await statusOf('main')).source).toMatchObject({ kind: 'huggingFace', commit });
  });

  test.each([
    { name: 'gone', source: '{ huggingFace: { repo: example/tiny, revision: gone } }', says: 'knows no example/tiny' },
    { name: 'gated', source: '{ huggingFace: { repo: example/gated, revision: v1 } }', says: 'token' },
    { name: 'odd', source: '{ huggingFace: { repo: example/tiny, revision: odd } }', says: 'without a commit' },
    { name: 'tag', source: '{ oci: { reference: "ghcr.io/example/tiny:latest" } }', says: '@sha256:' },
    { name: 'bucket', source: '{ objectStore: { uri: "s3://models/tiny" } }', says: 'digest' },
    { name: 'claim', source: '{ volumeClaim: { claim: weights, path: tiny } }', says: 'digest' },
    { name: 'nowhere', source: '{ localPath: /nonexistent/weights }', says: 'no /nonexistent/weights' },
  ])('that cannot be pinned is refused: $name', async ({ name, source, says }) => {
    const { status, body } = await api.apply(from(name, source));
    expect([status, body.code]).toEqual([422, 'model_version.unresolved']);
    expect(body.problems[0]).toMatchObject({ file: 'test.yaml', line: 9 });
    expect(body.detail).toContain(says);
    expect((await api.get(`/v1/model-versions/tiny-${name}`)).status).toBe(404);
  });
});

describe('a commit is pinned as it is', () => {
  test('without asking the hub', async () => {
    await api.apply(version('pinned'));
    expect(asked).toEqual([]);
    expect((await statusOf('pinned')).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe('a local folder', () => {
  test('is hashed for real, and what was registered stays when the folder changes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weights-'));
    writeFileSync(join(folder, 'model.safetensors'), 'weights');
    const manifest = from('local', `{ localPath: ${folder} }`);
    await api.apply(manifest);
    const before = await statusOf('local');
    expect(before.source.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    writeFileSync(join(folder, 'model.safetensors'), 'other weights');
    expect((await api.apply(manifest)).changes).toEqual(['ModelVersion tiny-local unchanged']);
    expect(await statusOf('local')).toEqual(before);
    await api.apply(manifest.replaceAll('local\n', 'local2\n').replace('tiny-local', 'tiny-local2'));
    expect((await statusOf('local2')).source.digest).not.toBe(before.source.digest);
    rmSync(folder, { recursive: true });
  });
});

describe('a registered version', () => {
  test('never changes: what differs is told field by field', async () => {
    await api.apply(version('fixed'));
    const { status, body } = await api.apply(version('fixed', '  licence: mit\n').replace('simulated', 'safetensors'));
    expect([status, body.code]).toEqual([409, 'model_version.immutable']);
    expect(body.problems.map(({ path }: { path: string }) => path)).toEqual(['spec.format', 'spec.licence']);
    expect(body.problems[0]).toMatchObject({ line: 8, message: expect.stringContaining('"simulated"') });
  });

  test('keeps its name among the versions of the model', async () => {
    await api.apply(version('unique'));
    const { body } = await api.apply(version('unique').replace('tiny-unique', 'tiny-again'));
    expect(body.problems[0].message).toContain('ModelVersion tiny-unique');
  });

  test('keeps its labels, and says so', async () => {
    await api.apply(version('labelled'));
    const { body } = await api.apply(
      version('labelled').replace('tiny-labelled }', 'tiny-labelled, labels: { a: b } }'),
    );
    expect(body.changes[0]).toMatchObject({ change: 'unchanged', note: expect.stringContaining('stay as they are') });
  });

  test('is listed with its siblings, newest first', async () => {
    await api.apply(set(version('s1')));
    await api.apply(set(version('s2')));
    const { body } = await api.get('/v1/models/tiny/versions?limit=2');
    expect(body.items.map(({ spec }: { spec: { version: string } }) => spec.version)).toEqual(['s2', 's1']);
    expect(body.nextCursor).not.toBeNull();
  });
});
