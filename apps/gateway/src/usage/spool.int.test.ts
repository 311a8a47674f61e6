import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UsageRecord } from '@signalbox/domain';
import { Secret, silentLogger, systemClock } from '@signalbox/runtime';
import { until } from '../gateway.fixture.ts';
import { UsageDelivery, type UsageDeliveryOptions } from './delivery.ts';
import type { Records } from './records.ts';
import { SenderLock } from './sender-lock.ts';
import { Spool, type SpoolOptions } from './spool.ts';
import { type AppendOnlyFiles, realFiles } from './spool-files.ts';
import { anEnd, aRequest, aWriter, totalsOf } from './usage.fixture.ts';
import { UsagePost } from './usage-post.ts';
import { folderOf, isRunning, thisWriter } from './writer-name.ts';

/** What a control plane does with usage: keeps each id once, or is away, or takes only some. */
class UsageStore {
  readonly records = new Map<string, UsageRecord>();
  batches = 0;
  most = 0;
  /** After that many more batches it commits one and does not answer. */
  silentAfter = Number.POSITIVE_INFINITY;
  refuses: (record: UsageRecord) => boolean = () => false;
  status = 200;
  #server: Server | undefined;
  url = '';

  async start(port = 0): Promise<void> {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts);
        const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
        const status = this.#take(JSON.parse(text.toString()).records);
        if (status === undefined) request.socket.destroy();
        else response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((done) => this.#server?.listen(port, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get all(): UsageRecord[] {
    return [...this.records.values()];
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => this.#server?.close(done) ?? done(undefined));
    this.#server = undefined;
  }

  #take(records: UsageRecord[]): number | undefined {
    if (this.status !== 200) return this.status;
    if (records.some(this.refuses)) return 400;
    this.batches += 1;
    this.most = Math.max(this.most, records.length);
    for (const record of records) if (!this.records.has(record.id)) this.records.set(record.id, record);
    this.silentAfter -= 1;
    return this.silentAfter < 0 ? undefined : 200;
  }
}

let folder: string;
let store: UsageStore;
let stops: (() => Promise<unknown>)[];
let children: ChildProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-spool-'));
  store = new UsageStore();
  stops = [];
  children = [];
  await store.start();
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const stop of stops.toReversed()) await stop();
  await store.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  failures: unknown[];
  recoveries: { requests: number; records: number }[];
}

function openSpool(bootId: string, change: Partial<SpoolOptions> = {}): { spool: Spool; told: Told } {
  const told: Told = { failures: [], recoveries: [] };
  const events = {
    failing: (error: unknown) => void told.failures.push(error),
    recovered: (merged: { requests: number; records: number }) => void told.recoveries.push(merged),
  };
  const spool = new Spool({ folder, gatewayId: 'gw-1', writer: aWriter(bootId), events, ...change });
  stops.push(() => spool.stop());
  return { spool, told };
}

function startDelivery(alive: Set<string>, change: Partial<UsageDeliveryOptions> = {}): UsageDelivery {
  const post = new UsagePost({ url: store.url, gatewayId: 'gw-1', token: new Secret('t') });
  const delivery = new UsageDelivery({
    folder,
    post,
    lock: new SenderLock(folder, thisWriter('sender')),
    maxBytes: 1e9,
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal) },
    random: () => 0.5,
    log: silentLogger,
    isRunning: ({ bootId }) => alive.has(bootId),
    ...change,
  });
  delivery.start();
  stops.push(async () => {
    await delivery.stop(50);
    await post.close();
  });
  return delivery;
}

const files = (bootId: string): string[] => readdirSync(join(folder, folderOf(aWriter(bootId)))).sort();
const boots = (): string[] => readdirSync(folder).filter((name) => name !== 'sender' && name !== 'refused.jsonl');

/** Serves requests one after the other; with `bytes`, until about that much was written. */
function serve(spool: Spool, count: number, name: string): void {
  for (let i = 0; i < count; i += 1) {
    const reservation = spool.reserve(aRequest(`${name}-${i}`));
    spool.flush();
    spool.settle(reservation, anEnd());
    if (i % 4 === 0) spool.flush();
  }
  spool.flush();
}

describe('delivery', () => {
  test('follows a living writer closely, in batches that are bounded, and leaves nothing when it is gone', async () => {
    const alive = new Set(['b1']);
    const { spool } = openSpool('b1');
    const delivery = startDelivery(alive);
    serve(spool, 3_000, 'first');
    await until('all are there', () => store.records.size === 3_000);
    expect(store.most).toBeLessThanOrEqual(1_000);
    serve(spool, 1, 'later');
    await until('the later one is there', () => store.records.size === 3_001);
    expect(store.all.every(({ exactness }) => exactness === 'exact')).toBe(true);
    await spool.stop();
    delivery.retire('b1');
    await until('its folder is gone', () => boots().length === 0);
    expect(totalsOf(store.all)).toEqual({ requests: 3_001, input: 30_010, output: 60_020 });
  });

  test('a request that outlasts many segments is told once, as it ended, and segments go meanwhile', async () => {
    const alive = new Set(['b1']);
    const { spool } = openSpool('b1');
    startDelivery(alive);
    const long = spool.reserve(aRequest('long'));
    spool.flush();
    for (let round = 0; round < 6; round += 1) {
      serve(spool, 6_000, `r${round}`);
      await until('the round is there', () => store.records.size === (round + 1) * 6_000);
    }
    await until('old segments are gone', () => files('b1').length <= 2);
    expect(Number(files('b1')[0]?.slice(0, 8))).toBeGreaterThan(3);
    spool.settle(long, anEnd({ tokens: { input: 1, cached: 0, output: 999, reasoning: 0 } }));
    spool.flush();
    await until('it is there', () => store.records.size === 36_001);
    expect(store.all.filter(({ exactness }) => exactness === 'estimated')).toEqual([]);
    expect(store.all.find(({ requestId }) => requestId === 'long')?.tokens.output).toBe(999);
  });

  test('a request in flight when the writer dies after its first segments went is booked once', async () => {
    const alive = new Set(['b1']);
    const { spool } = openSpool('b1');
    startDelivery(alive);
    spool.reserve(aRequest('lost'));
    spool.flush();
    serve(spool, 12_000, 'r');
    await until(
      'the first segment is gone',
      () => store.records.size === 12_000 && !files('b1').includes('00000001.taken.log'),
    );
    await spool.stop();
    alive.clear();
    await until('all is over', () => boots().length === 0);
    expect(store.all.filter(({ exactness }) => exactness === 'estimated')).toMatchObject([
      { requestId: 'lost', tokens: { input: 100, output: 256 }, outcome: 'error' },
    ]);
    expect(store.records.size).toBe(12_001);
  });

  test('goes on after days of absence, in order, also when an answer was lost and the sender starts anew', async () => {
    const { url } = store;
    await store.stop();
    const alive = new Set(['b1', 'b2']);
    const spools = ['b1', 'b2'].map((bootId) => openSpool(bootId).spool);
    const former = startDelivery(alive);
    for (const [index, spool] of spools.entries()) serve(spool, 7_000, `s${index}`);
    await until('it knows', () => former.state.isAway);
    store.silentAfter = 2;
    await store.start(Number(new URL(url).port));
    await until('some are there', () => store.batches >= 3);
    await former.stop(50);
    expect(store.records.size).toBeLessThan(14_000);
    store.silentAfter = Number.POSITIVE_INFINITY;
    startDelivery(alive);
    await until('all are there', () => store.records.size === 14_000);
    const order = store.all.filter(({ requestId }) => requestId.startsWith('s0')).map(({ requestId }) => requestId);
    expect(order).toEqual(Array.from({ length: 7_000 }, (_, i) => `s0-${i}`));
    expect(totalsOf(store.all)).toEqual({ requests: 14_000, input: 140_000, output: 280_000 });
  });

  test('where every third batch is lost, it never waits for longer than after the first loss', async () => {
    const { spool } = openSpool('b1');
    serve(spool, 20_000, 'x');
    const sleeps: number[] = [];
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      sleeps.push(ms);
      return systemClock.sleep(0, signal);
    };
    const post = new UsagePost({ url: store.url, gatewayId: 'gw-1', token: new Secret('t') });
    stops.push(() => post.close());
    let batches = 0;
    const send = async (records: Records) => {
      batches += 1;
      if (batches % 3 === 0) throw new Error('lost');
      return post.send(records);
    };
    startDelivery(new Set(['b1']), { clock: { ...systemClock, sleep }, post: { send } });
    await until('all are there', () => store.records.size === 20_000);
    expect(batches).toBeGreaterThan(25);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(500);
  });

  test('a record that is never taken is put aside and holds up no other', async () => {
    const { spool } = openSpool('b1');
    store.refuses = ({ requestId }) => requestId === 'x-77';
    const delivery = startDelivery(new Set(['b1']));
    serve(spool, 200, 'x');
    await until('the others are there', () => store.records.size === 199);
    await until('it was put aside', () => delivery.state.refused === 1);
    expect(JSON.parse(readFileSync(join(folder, 'refused.jsonl'), 'utf8'))).toMatchObject({ requestId: 'x-77' });
  });

  test('a control plane that does not know usage yet is waited for', async () => {
    const { spool } = openSpool('b1');
    store.status = 404;
    const delivery = startDelivery(new Set(['b1']));
    serve(spool, 10, 'x');
    await until('it knows', () => delivery.state.isAway);
    store.status = 200;
    await until('all are there', () => store.records.size === 10);
  });

  test('damage in the middle costs what it hit, which is booked as reserved, and is told', async () => {
    const { spool } = openSpool('b1');
    serve(spool, 400, 'x');
    await spool.stop();
    const path = join(folder, folderOf(aWriter('b1')), '00000001.log');
    const bytes = readFileSync(path);
    const hit = bytes.indexOf('S{"id":"b1-0000000000200"');
    bytes[hit + 30] = 0;
    writeFileSync(path, bytes);
    truncateSync(path, bytes.length - 10);
    const delivery = startDelivery(new Set());
    await until('all is over', () => boots().length === 0);
    expect(delivery.state.damagedBytes).toBeGreaterThan(0);
    expect(store.records.size).toBe(400);
    const estimated = store.all.filter(({ exactness }) => exactness === 'estimated').map(({ requestId }) => requestId);
    expect(estimated).toContain('x-199');
    expect(estimated).toContain('x-399');
    expect(estimated.length).toBeLessThan(20);
  });

  test('a second sender waits until the first is gone', async () => {
    const [first, second] = [new SenderLock(folder, thisWriter('one')), new SenderLock(folder, thisWriter('two'))];
    expect([await first.isOurs(), await second.isOurs(), await first.isOurs()]).toEqual([true, false, true]);
    await first.release();
    expect([await second.isOurs(), await first.isOurs()]).toEqual([true, false]);
    writeFileSync(join(folder, 'sender'), folderOf({ ...thisWriter('dead'), startedTicks: 1 }));
    expect(await first.isOurs()).toBe(true);
  });
});

describe('near its bound', () => {
  test('the spool merges its oldest records, loses none, and what was in doubt is not counted twice', async () => {
    const { url } = store;
    const alive = new Set(['b1']);
    const { spool } = openSpool('b1');
    const long = spool.reserve(aRequest('long'));
    serve(spool, 3_000, 'early');
    store.silentAfter = 1;
    const former = startDelivery(alive);
    await until('a batch is in doubt', () => store.batches >= 2);
    await former.stop(50);
    await store.stop();
    serve(spool, 40_000, 'x');
    spool.settle(long, anEnd());
    spool.reserve(aRequest('open'));
    spool.flush();
    const before = files('b1').length;
    const second = startDelivery(alive, { maxBytes: 12_000_000 });
    await until('it was merged', () => files('b1').some((name) => name.includes('-')));
    await until('it knows', () => second.state.isAway);
    expect(files('b1').length).toBeLessThan(before);
    expect(second.state.spoolBytes).toBeLessThan(12_000_000);
    await second.stop(50);
    store.silentAfter = Number.POSITIVE_INFINITY;
    await store.start(Number(new URL(url).port));
    await spool.stop();
    alive.clear();
    startDelivery(alive);
    await until('all is over', () => boots().length === 0, 20_000);
    const estimated = store.all.filter(({ exactness }) => exactness === 'estimated');
    expect(estimated).toMatchObject([{ requestId: 'open' }]);
    expect(totalsOf(store.all)).toEqual({ requests: 43_002, input: 430_110, output: 860_276 });
    expect(store.records.size).toBeLessThan(20_000);
  });
});

/** A disk with so much room, that tears the write which does not fit, as a real one does. */
function smallDisk(room: number): { disk: AppendOnlyFiles; give(bytes: number): void } {
  let left = room;
  const disk: AppendOnlyFiles = {
    ...realFiles,
    append: (file, from, at, length) => {
      if (left === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      const written = realFiles.append(file, from, at, Math.min(length, left));
      left -= written;
      return written;
    },
  };
  const give = (bytes: number): void => {
    left += bytes;
  };
  return { disk, give };
}

describe('a full disk', () => {
  test('stops nothing: records wait, then are merged, and all are counted once the disk has room', async () => {
    const { disk, give } = smallDisk(100_001);
    const { spool, told } = openSpool('b1', { files: disk });
    const before = Array.from({ length: 50 }, (_, i) => spool.reserve(aRequest(`before-${i}`)));
    spool.flush();
    serve(spool, 30_000, 'x');
    expect(told.failures).toHaveLength(1);
    expect(spool.state).toMatchObject({ failing: true });
    expect(spool.state.mergedRequests).toBeGreaterThan(10_000);
    expect(spool.state.waitingBytes).toBeLessThan(5_000_000);
    for (const reservation of before.slice(0, 25)) spool.settle(reservation, anEnd());
    spool.tick();
    expect(told.recoveries).toEqual([]);
    give(1e9);
    spool.tick();
    expect(told.recoveries).toHaveLength(1);
    expect(spool.state).toMatchObject({ failing: false, waitingBytes: 0, mergedRequests: 0 });
    for (const reservation of before.slice(25, 40)) spool.settle(reservation, anEnd());
    serve(spool, 100, 'after');
    await spool.stop();
    startDelivery(new Set());
    await until('all is over', () => boots().length === 0, 20_000);
    expect(store.all.filter(({ exactness }) => exactness === 'estimated')).toHaveLength(10);
    const exact = store.all.filter(({ exactness }) => exactness === 'exact');
    expect(totalsOf(exact)).toEqual({ requests: 30_140, input: 301_400, output: 602_800 });
    expect(told.failures).toHaveLength(1);
  });

  test('a real one, where this machine lets a test have one', async () => {
    const mount = join(folder, 'disk');
    mkdirSync(mount);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', mount]).status !== 0) return;
    stops.push(async () => void spawnSync('umount', ['-l', mount]));
    const { spool, told } = openSpool('b1', { folder: mount });
    serve(spool, 10_000, 'x');
    expect(told.failures).toMatchObject([{ code: 'ENOSPC' }]);
    spool.tick();
    spawnSync('mount', ['-o', 'remount,size=64m', mount]);
    spool.tick();
    expect(told.recoveries).toHaveLength(1);
    serve(spool, 10, 'after');
    await spool.stop();
    startDelivery(new Set(), { folder: mount });
    await until('all are there', () => totalsOf(store.all).requests === 10_010);
    expect(totalsOf(store.all)).toEqual({ requests: 10_010, input: 100_100, output: 200_200 });
  });

  test('also one that fills again and again in the middle of writes', async () => {
    const { disk, give } = smallDisk(5_000);
    const { spool } = openSpool('b1', { files: disk });
    for (let round = 0; round < 40; round += 1) {
      serve(spool, 50, `r${round}`);
      give(7_919);
      spool.tick();
    }
    give(1e9);
    spool.tick();
    await spool.stop();
    startDelivery(new Set());
    await until('all is over', () => boots().length === 0);
    expect(totalsOf(store.all)).toEqual({ requests: 2_000, input: 20_000, output: 40_000 });
  });

  test('a folder that cannot be made yet is waited for', async () => {
    const path = join(folder, 'later');
    writeFileSync(path, '');
    const { spool, told } = openSpool('b1', { folder: path });
    serve(spool, 10, 'x');
    expect(told.failures).toHaveLength(1);
    rmSync(path);
    spool.tick();
    expect(told.recoveries).toHaveLength(1);
    await spool.stop();
    startDelivery(new Set(), { folder: path });
    await until('all are there', () => store.records.size === 10);
  });
});

const burst = (bootId: string, spoolFolder: string): string => `
  import { writeSync } from 'node:fs';
  import { Spool } from '${new URL('./spool.ts', import.meta.url)}';
  import { thisWriter } from '${new URL('./writer-name.ts', import.meta.url)}';
  import { aRequest, anEnd } from '${new URL('./usage.fixture.ts', import.meta.url)}';
  const spool = new Spool({ folder: '${spoolFolder}', gatewayId: 'gw-1', writer: thisWriter('${bootId}'),
    events: { failing() { process.exit(3); }, recovered() {} } });
  spool.start();
  const open = [];
  let made = 0;
  const turn = () => {
    const came = Array.from({ length: 7 }, () => { made += 1; return [made, spool.reserve(aRequest('${bootId}-' + made))]; });
    const ended = open.splice(0, open.length > 60 ? 7 : 0);
    for (const [n, reservation] of ended) {
      spool.settle(reservation, anEnd({ tokens: { input: n, cached: 0, output: 2 * n, reasoning: 0 } }));
    }
    spool.flush();
    open.push(...came);
    writeSync(1, came.map(([n]) => 'D' + n).join('\\n') + '\\n' + ended.map(([n]) => 'S' + n + '\\n').join(''));
    setImmediate(turn);
  };
  turn();
`;

test('writers that are killed in the middle of a burst lose nothing: only what was in flight is estimated', async () => {
  const killed = await Promise.all(
    ['k1', 'k2', 'k3'].map(async (bootId, index) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', burst(bootId, folder)], {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      let printed = '';
      child.stdout.setEncoding('latin1').on('data', (text: string) => {
        printed += text;
        // Enough for several segments, and at another place each time.
        if (printed.length > 300_000 + index * 7_777) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const lines = printed.split('\n').slice(0, -1);
      const numbers = (kind: string) => lines.filter((line) => line[0] === kind).map((line) => Number(line.slice(1)));
      return { bootId, signal: child.signalCode, dispatched: numbers('D'), settled: new Set(numbers('S')) };
    }),
  );
  // Who wrote there is told from the process table.
  startDelivery(new Set(), { isRunning });
  await until('all is over', () => boots().length === 0, 20_000);
  const byRequest = new Map(store.all.map((record) => [record.requestId, record]));
  expect(byRequest.size).toBe(store.records.size);
  for (const { bootId, signal, dispatched, settled } of killed) {
    expect(signal).toBe('SIGKILL');
    expect(settled.size).toBeGreaterThan(5_000);
    let estimated = 0;
    for (const n of dispatched) {
      const record = byRequest.get(`${bootId}-${n}`);
      if (record?.exactness === 'estimated') estimated += 1;
      if (settled.has(n)) expect(record?.exactness).toBe('exact');
      if (record?.exactness === 'exact') expect(record.tokens).toMatchObject({ input: n, output: 2 * n });
      else expect(record?.tokens).toMatchObject({ input: 100, output: 256 });
    }
    expect(estimated).toBeLessThanOrEqual(80);
    const booked = store.all.filter(({ requestId }) => requestId.startsWith(`${bootId}-`));
    // Beyond those that were told of: what one turn had written and not yet said.
    expect(booked.length - dispatched.length).toBeLessThanOrEqual(7);
  }
});

test('a writer is known to run, and known to be gone when another process has its number', () => {
  const writer = thisWriter('b');
  expect(isRunning(writer)).toBe(true);
  expect(isRunning({ ...writer, startedTicks: writer.startedTicks + 1 })).toBe(false);
  expect(isRunning({ ...writer, machineStart: 'abc' })).toBe(false);
  expect(isRunning({ ...writer, pid: 2 ** 22 + 1 })).toBe(false);
});
