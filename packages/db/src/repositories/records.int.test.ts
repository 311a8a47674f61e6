import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Instant, ProjectId } from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import { type OpenTestDatabase, openTestDatabase, seedProject } from '@signalbox/testkit/postgres';
import { repositories } from '../repositories.ts';

let open: OpenTestDatabase;
beforeAll(async () => {
  open = await openTestDatabase();
});
afterAll(() => open.close());

const at = Date.UTC(2026, 0, 1);

describe('idempotency', () => {
  const request = (hash: string, when: Instant = at) => ({ hash, at: when, abandonedBefore: when - 60_000 });

  test('of requests that race with one key one is carried out, and the others are told to wait', async () => {
    const id = { tokenId: newId(), key: 'k' };
    const begun = await Promise.all(Array.from({ length: 5 }, () => open.repos.idempotency.begin(id, request('h'))));
    expect(begun.map(({ kind }) => kind).sort()).toEqual(['fresh', 'running', 'running', 'running', 'running']);
    await open.repos.idempotency.finish(id, { status: 201, body: { name: 'chat' } });
    expect(await open.repos.idempotency.begin(id, request('h'))).toEqual({
      kind: 'finished',
      status: 201,
      body: { name: 'chat' },
    });
    expect(await open.repos.idempotency.begin(id, request('other'))).toEqual({ kind: 'conflict' });
    expect(await open.repos.idempotency.begin({ ...id, tokenId: newId() }, request('other'))).toEqual({
      kind: 'fresh',
    });
  });

  test('a request within a transaction makes the second wait for its answer', async () => {
    const id = { tokenId: newId(), key: 'k' };
    const begun = Promise.withResolvers<void>();
    const first = open.database.transaction(async (tx) => {
      const { idempotency } = repositories(tx);
      await idempotency.begin(id, request('h'));
      begun.resolve();
      await idempotency.finish(id, { status: 200, body: null });
    });
    await begun.promise;
    expect(await open.repos.idempotency.begin(id, request('h'))).toEqual({ kind: 'finished', status: 200, body: null });
    await first;
  });

  test('a request whose process died is taken over, one that came to nothing is free at once', async () => {
    const id = { tokenId: newId(), key: 'k' };
    await open.repos.idempotency.begin(id, request('h'));
    expect(await open.repos.idempotency.begin(id, request('h', at + 60_001))).toEqual({ kind: 'fresh' });
    await open.repos.idempotency.release(id);
    expect(await open.repos.idempotency.begin(id, request('h'))).toEqual({ kind: 'fresh' });
    expect(await open.repos.idempotency.expire(at + 1)).toBeGreaterThan(0);
    expect(await open.repos.idempotency.begin(id, request('new'))).toEqual({ kind: 'fresh' });
  });
});

describe('the snapshot number', () => {
  test('changes with the change it belongs to, or not at all', async () => {
    const before = await open.repos.snapshotState.current();
    const failed = open.database.transaction(async (tx) => {
      await repositories(tx).snapshotState.bump();
      throw new Error('on purpose');
    });
    await expect(failed).rejects.toThrow('on purpose');
    expect(await open.repos.snapshotState.current()).toEqual(before);
    const bumped = await Promise.all(Array.from({ length: 5 }, () => open.repos.snapshotState.bump()));
    expect(bumped.map(({ number }) => number - before.number).sort()).toEqual([1, 2, 3, 4, 5]);
    expect((await open.repos.snapshotState.raiseEpoch()).epoch).toBe(before.epoch + 1);
  });
});

describe('changes', () => {
  const change = (name: string, projectId: ProjectId | null = null) => ({
    projectId,
    kind: 'Deployment',
    objectId: name,
    name,
    change: 'updated' as const,
    message: null,
    at,
  });

  test('become visible in the order of their numbers', async () => {
    const start = await open.repos.changes.latestSeq();
    const held = Promise.withResolvers<void>();
    const appended = Promise.withResolvers<void>();
    const slow = open.database.transaction(async (tx) => {
      await repositories(tx).changes.append(change('slow'));
      appended.resolve();
      await held.promise;
    });
    await appended.promise;
    const quick = open.repos.changes.append(change('quick'));
    expect(await open.repos.changes.readAfter(start, 10)).toEqual([]);
    held.resolve();
    await Promise.all([slow, quick]);
    const seen = await open.repos.changes.readAfter(start, 10);
    expect(seen.map(({ name }) => name)).toEqual(['slow', 'quick']);
  });

  test('are read by project and pruned by age, the newest kept', async () => {
    const { projectId } = await seedProject(open.database, 'changes');
    const first = await open.repos.changes.append(change('a', projectId));
    const second = await open.repos.changes.append(change('b', projectId));
    expect((await open.repos.changes.readAfter(first, 10, projectId)).map(({ name }) => name)).toEqual(['b']);
    expect(await open.repos.changes.prune(at + 1)).toBeGreaterThan(0);
    expect(await open.repos.changes.latestSeq()).toBe(second);
  });
});

test('the last outcome of each controller is kept, and the failing ones can be listed', async () => {
  const row = { controller: 'rollouts', objectId: 'd-1', failures: 0, lastError: null, at, nextAt: null };
  await open.repos.reconciles.record({ ...row, outcome: 'done' });
  expect(await open.repos.reconciles.listFailing()).toEqual([]);
  const failing = { ...row, outcome: 'retrying' as const, failures: 2, lastError: 'no', nextAt: at + 5 };
  await open.repos.reconciles.record(failing);
  expect(await open.repos.reconciles.listFailing()).toEqual([failing]);
  expect(await open.repos.reconciles.listByObject('d-1')).toEqual([failing]);
});

test('tokens and keys are found by hash, revoked once, and told apart by project', async () => {
  const { projectId } = await seedProject(open.database, 'keys');
  const token = { id: newId(), name: 't', hash: 'th', role: 'admin' as const, author: 'ada', createdAt: at };
  expect(await open.repos.apiTokens.insert(token)).toBe('inserted');
  expect(await open.repos.apiTokens.insert({ ...token, id: newId() })).toBe('duplicate');
  expect(await open.repos.apiTokens.findByHash('th')).toMatchObject({ name: 't', expiresAt: null });
  expect(await open.repos.apiTokens.revoke(token.id, at)).toBe(true);
  expect(await open.repos.apiTokens.revoke(token.id, at)).toBe(false);
  const key = {
    id: newId(),
    projectId,
    name: 'k',
    hash: 'kh',
    prefix: 'sbk',
    routes: ['*'],
    author: 'ada',
    createdAt: at,
  };
  await open.repos.consumerKeys.insert(key);
  expect(await open.repos.consumerKeys.list(projectId)).toMatchObject([{ routes: ['*'], createdAt: at }]);
  expect(await open.repos.consumerKeys.revoke(newId() as ProjectId, key.id, at)).toBe(false);
  expect(await open.repos.consumerKeys.revoke(projectId, key.id, at)).toBe(true);
});

test('the inventory of a source holds what it applied, until the object is gone', async () => {
  const chat = { kind: 'Deployment' as const, project: 'default', name: 'chat' };
  await open.repos.appliedObjects.record('git', [chat, { kind: 'Project', project: '', name: 'default' }], at);
  await open.repos.appliedObjects.record('git', [chat], at + 1);
  await open.repos.appliedObjects.forget({ kind: 'Project', project: '', name: 'default' });
  expect(await open.repos.appliedObjects.listBySource('git')).toEqual([{ source: 'git', ...chat, appliedAt: at + 1 }]);
});
