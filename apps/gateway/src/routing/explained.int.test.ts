import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { usageOperations } from '@signalbox/contracts';
import type { UsageRecord } from '@signalbox/domain';
import { backendOf, chat, routeOf, serve, snapshotOf, startBoth } from '../gateway.fixture.ts';
import { readLine } from '../usage/line.ts';
import { Spool } from '../usage/spool.ts';
import { thisWriter } from '../usage/writer-name.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function engine(status: number) {
  const server = await serve((request, response) => {
    const answer = (): void => void response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    if (request.method === 'GET') response.writeHead(200).end();
    else request.resume().on('end', answer);
  });
  stops.push(() => server.close());
  return server.url;
}

/** A spool in a folder of its own, and what stands in it. */
async function aSpool() {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-usage-'));
  const events = { failing: () => undefined, recovered: () => undefined };
  const spool = new Spool({ folder, gatewayId: 'gw-1', writer: thisWriter('boot'), events });
  stops.push(() => rm(folder, { recursive: true, force: true }));
  stops.push(() => spool.stop());
  const settled = async (requestId: string): Promise<UsageRecord | undefined> =>
    (await records()).find((record) => record.requestId === requestId);
  const records = async (): Promise<UsageRecord[]> => {
    spool.flush();
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
    const entries = texts.flatMap((text) =>
      text.split('\n').flatMap((line) => readLine(Buffer.from(line, 'latin1')) ?? []),
    );
    return entries.filter(({ kind }) => kind === 'S').map(({ text }) => JSON.parse(text) as UsageRecord);
  };
  return { spool, settled, records };
}

test('the usage record of a request tells the scores that decided, attempt by attempt', async () => {
  const [good, bad] = [await engine(200), await engine(500)];
  const { spool, settled } = await aSpool();
  const stable = backendOf({ revisionId: 'stable', at: [good] });
  const canary = backendOf({ revisionId: 'canary', revision: 2, at: [bad] });
  const split = [
    { revisionId: 'canary', weight: 4_000 },
    { revisionId: 'stable', weight: 6_000 },
  ];
  // The split's first ticket goes to the first revision.
  const both = await startBoth(snapshotOf([routeOf([canary, stable], { split })]), { book: spool });
  stops.push(() => both.stop());
  const headers = { 'content-type': 'application/json', 'x-request-id': 'why' };
  expect((await chat(both.url, {}, { headers })).status).toBe(200);
  const [badReplica, goodReplica] = [canary.replicas[0]?.id, stable.replicas[0]?.id];
  const record = await settled('why');
  const taken = usageOperations.reportUsage.request.body.parse({ records: [record] }).records[0];
  // The control plane takes it as it is, and drops nothing of it.
  expect(taken).toEqual(record);
  expect(record).toMatchObject({
    attempts: 2,
    replicaId: goodReplica,
    routing: [
      { revision: 2, revisionBy: 'split', replicaId: badReplica, candidates: [{ replicaId: badReplica }] },
      { revision: 1, revisionBy: 'rescue', replicaId: goodReplica, candidates: [{ replicaId: goodReplica }] },
    ],
  });
});

test('a busy gateway keeps it of some, and of those whose callers ask', async () => {
  const { spool, settled, records } = await aSpool();
  const route = routeOf([backendOf({ revisionId: 'rev-1', at: [await engine(200), await engine(200)] })]);
  const both = await startBoth(snapshotOf([route]), { book: spool });
  stops.push(() => both.stop());
  const sent = async (id: string, more: Record<string, string> = {}): Promise<void> => {
    const headers = { 'content-type': 'application/json', 'x-request-id': id, ...more };
    await (await chat(both.url, {}, { headers })).text();
  };
  const ids = Array.from({ length: 600 }, (_, at) => `r-${at}`);
  for (let at = 0; at < ids.length; at += 50) await Promise.all(ids.slice(at, at + 50).map((id) => sent(id)));
  await sent('asked', { 'x-signalbox-explain': 'true' });
  const kept = (await records()).filter(
    ({ requestId, routing }) => requestId !== 'asked' && routing !== undefined,
  ).length;
  expect(kept).toBeGreaterThanOrEqual(100);
  expect(kept).toBeLessThan(300);
  const [decision] = (await settled('asked'))?.routing ?? [];
  expect(decision?.candidates).toHaveLength(2);
  expect(decision?.scorers).toContainEqual({ name: 'prefixAffinity', weight: 5 });
});
