import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProjectId } from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import { type OpenTestDatabase, openTestDatabase } from '@signalbox/testkit/postgres';
import pg from 'pg';
import { repositories } from '../repositories.ts';
import type { NewLedgerEntry } from './ledger.ts';

let open: OpenTestDatabase;
let projectId: ProjectId;
beforeAll(async () => {
  open = await openTestDatabase();
});
afterAll(() => open.close());
beforeEach(() => {
  projectId = newId() as ProjectId;
});

const at = Date.UTC(2026, 0, 1);
const entry = (kind: string, evidence: NewLedgerEntry['evidence'] = {}): NewLedgerEntry => ({
  projectId,
  project: 'default',
  at,
  actor: 'ada',
  kind,
  subjectKind: 'Deployment',
  subjectName: 'chat',
  subjectId: 'd-1',
  reason: null,
  evidence,
});

/** What someone with the superuser's password could do. */
async function tamper(statement: string, values: unknown[]): Promise<void> {
  const client = new pg.Client(open.url);
  await client.connect();
  await client.query('alter table ledger disable trigger all');
  await client.query(statement, values);
  await client.query('alter table ledger enable trigger all');
  await client.end();
}

test.each(['update ledger set actor = $$eve$$', 'delete from ledger', 'truncate ledger'])(
  'the database refuses %s',
  async (statement) => {
    await open.repos.ledger.append(entry('deployment.applied'));
    await expect(open.database.sql.execute(statement)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('the ledger is append-only') },
    });
    expect(await open.repos.ledger.verify(projectId)).toMatchObject({ kind: 'intact', entries: 1 });
  },
);

test('entries are chained per project, however many are appended at once', async () => {
  const other = newId() as ProjectId;
  const appended = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      open.repos.ledger.append(i % 3 === 0 ? { ...entry(`k${i}`), projectId: other } : entry(`k${i}`)),
    ),
  );
  const newest = (await open.repos.ledger.list(projectId, {}, { limit: 1 }))[0];
  expect(await open.repos.ledger.verify(projectId)).toEqual({ kind: 'intact', entries: 8, head: newest?.hash });
  expect(await open.repos.ledger.verify(other)).toMatchObject({ kind: 'intact', entries: 4 });
  expect(new Set(appended.map(({ previousHash, projectId: p }) => `${p}${previousHash}`)).size).toBe(12);
});

test('the installation has a chain of its own', async () => {
  await open.repos.ledger.append({ ...entry('token.created'), projectId: null, project: null });
  await open.repos.ledger.append({ ...entry('token.revoked'), projectId: null, project: null });
  expect(await open.repos.ledger.verify(null)).toMatchObject({ kind: 'intact', entries: 2 });
});

test('an entry goes with the transaction that it tells of', async () => {
  const work = open.database.transaction(async (tx) => {
    await repositories(tx).ledger.append(entry('rollout.started'));
    throw new Error('on purpose');
  });
  await expect(work).rejects.toThrow('on purpose');
  expect(await open.repos.ledger.verify(projectId)).toMatchObject({ kind: 'intact', entries: 0 });
});

describe('verification', () => {
  const append = async (...kinds: string[]) => {
    const seqs: number[] = [];
    for (const kind of kinds) seqs.push((await open.repos.ledger.append(entry(kind, { p: 0.1, big: 1e21 }))).seq);
    return seqs;
  };

  test('names the entry that was changed', async () => {
    const [, second] = await append('a', 'b', 'c');
    await tamper(`update ledger set evidence = '{"p":0.2}' where seq = $1`, [second]);
    expect(await open.repos.ledger.verify(projectId)).toEqual({
      kind: 'broken',
      seq: second,
      because: 'the entry was changed',
    });
  });

  test('names the entry after one that was taken out', async () => {
    const [, second, third] = await append('a', 'b', 'c');
    await tamper('delete from ledger where seq = $1', [second]);
    expect(await open.repos.ledger.verify(projectId)).toMatchObject({ kind: 'broken', seq: third });
  });

  test('gives the newest hash, which shows a cut at the end to whoever kept it', async () => {
    const [, second] = await append('a', 'b');
    const before = await open.repos.ledger.verify(projectId);
    await tamper('delete from ledger where seq = $1', [second]);
    const after = await open.repos.ledger.verify(projectId);
    expect(after.kind).toBe('intact');
    expect(after).not.toEqual(before);
  });
});

test('what evidence says survives the way through jsonb', async () => {
  const evidence = {
    ratio: 0.1,
    big: 1e21,
    small: 1e-7,
    zero: -0,
    none: undefined,
    text: 'Ω "quoted"\n',
    deep: [{ b: 1, a: null }],
  };
  await open.repos.ledger.append(entry('a', evidence));
  expect(await open.repos.ledger.verify(projectId)).toMatchObject({ kind: 'intact', entries: 1 });
});

test('a list is filtered, newest first, and goes on from a cursor', async () => {
  for (const kind of ['a', 'b', 'a', 'a']) await open.repos.ledger.append(entry(kind));
  const first = await open.repos.ledger.list(projectId, { kind: 'a', since: at }, { limit: 2 });
  const second = await open.repos.ledger.list(projectId, { kind: 'a' }, { limit: 2, before: first[1]?.seq });
  expect([first.length, second.length]).toEqual([2, 1]);
  expect([...first, ...second].map(({ seq }) => seq)).toEqual(
    [...first, ...second].map(({ seq }) => seq).sort((a, b) => b - a),
  );
  expect(await open.repos.ledger.list(projectId, { until: at }, { limit: 9 })).toEqual([]);
});
