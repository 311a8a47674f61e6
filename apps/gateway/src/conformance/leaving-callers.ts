import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { backendOf, routeOf, snapshotOf, startBoth, until } from '../gateway.fixture.ts';
import type { Path } from './path.ts';
import { exchange, open, startCountingEngine, statusesIn } from './raw-bytes.fixture.ts';

const good = '{"model":"chat","x":"é"}';
const length = Buffer.byteLength(good);
const start =
  'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n';
const declared = Buffer.from(`${start}content-length: ${length}\r\n\r\n${good}`);
const inChunks = Buffer.from(
  `${start}transfer-encoding: chunked\r\n\r\n5\r\n${good.slice(0, 5)}\r\n${(length - 5).toString(16)}\r\n${good.slice(5)}\r\n0\r\n\r\n`,
);
const chunkedStart = `${start}transfer-encoding: chunked\r\n\r\n`;
const together = 32;

export function leavingCallers(path: Path): void {
  describe('callers that leave or dawdle', () => {
    let engine: Awaited<ReturnType<typeof startCountingEngine>>;
    let both: Awaited<ReturnType<typeof startBoth>>;
    let impatient: Awaited<ReturnType<typeof startBoth>>;
    beforeAll(async () => {
      engine = await startCountingEngine();
      const snapshot = snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })])]);
      both = await startBoth(snapshot, path);
      impatient = await startBoth(snapshot, { ...path, headersTimeoutMs: 300, bodyStallMs: 300 });
    });
    afterAll(async () => {
      await Promise.all([both.stop(), impatient.stop()]);
      await engine.close();
    });
    afterEach(async () => {
      expect(engine.seen.errors).toEqual([]);
      expect(engine.seen.bodies.every((body) => Buffer.from(body, 'latin1').toString() === seenBody)).toBe(true);
      engine.seen.ids.length = 0;
      engine.seen.bodies.length = 0;
      await until('nothing is in flight', async () =>
        /^signalbox_gateway_in_flight 0$/m.test(await both.running.metrics()),
      );
      await until(
        'no replica has anything',
        () => both.controlPlane.last?.replicas.every(({ inFlight }) => inFlight === 0) ?? false,
      );
      expect(statusesIn(await exchange(both.url, declared))).toEqual([200]);
      engine.seen.ids.length = 0;
      engine.seen.bodies.length = 0;
    });

    /** Sends the first bytes and goes; done when the gateway has let go of the connection as well. */
    async function leaveAt(bytes: Buffer, cut: number, how: 'end' | 'reset'): Promise<void> {
      const socket = open(both.url);
      const closed = once(socket, 'close');
      await once(socket, 'connect');
      if (cut > 0) await new Promise<void>((resolve) => socket.write(bytes.subarray(0, cut), () => resolve()));
      socket.resume();
      if (how === 'end') socket.end();
      else socket.resetAndDestroy();
      await closed;
    }

    test.each<[string, Buffer, 'end' | 'reset']>([
      ['ends its connection', declared, 'end'],
      ['resets its connection', declared, 'reset'],
      ['ends its connection among chunks', inChunks, 'end'],
      ['resets its connection among chunks', inChunks, 'reset'],
    ])('one that %s at any byte of its request has sent none', async (_, bytes, how) => {
      const cuts = Array.from({ length: bytes.length }, (_each, index) => index);
      for (let from = 0; from < cuts.length; from += together)
        await Promise.all(cuts.slice(from, from + together).map((cut) => leaveAt(bytes, cut, how)));
      expect(engine.seen.ids).toEqual([]);
    });

    test.each<[string, 'end' | 'reset']>([
      ['ends', 'end'],
      ['resets', 'reset'],
    ])('one that %s its connection right behind its request leaves nothing behind', async (_, how) => {
      for (let sent = 0; sent < 20; sent++) await leaveAt(declared, declared.length, how);
    });

    test.each([
      ['leaves', ''],
      ['asks for a tunnel and leaves', 'CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n'],
    ])('one that %s while several of its requests wait for their turn leaves nothing behind', async (_, last) => {
      // The fast path begins with a request when the one before it is answered.
      const isHeld = engine.hold(path.fastPath ? 1 : 5);
      const request = declared.toString('latin1').replace('connection: close\r\n', '');
      const socket = open(both.url);
      socket.write(request.repeat(5), 'latin1');
      await isHeld;
      const closed = once(socket, 'close');
      if (last === '') socket.destroy();
      else socket.end(last, 'latin1');
      await closed;
    });

    test.each([
      ['with a length', declared],
      ['in chunks', inChunks],
    ])('a request %s that comes byte by byte is one like any other', async (_, bytes) => {
      const answers = await exchange(both.url, ...Array.from(bytes, (byte) => Buffer.from([byte])));
      expect(statusesIn(answers)).toEqual([200]);
      expect(engine.seen.ids).toHaveLength(1);
    });

    test('a head of which a byte comes now and then is not waited for', async () => {
      const socket = open(impatient.url);
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.write(start);
      const dripping = setInterval(() => socket.write('x'), 20);
      await once(socket, 'close');
      clearInterval(dripping);
      expect(statusesIn(text)).toEqual([408]);
    });

    test.each([
      ['a head without an end', start, Buffer.alloc(1_000_000, 'x: y\r\n'), 431],
      ['a header without an end', `${start}x: `, Buffer.alloc(1_000_000, 'y'), 431],
      ['a target without an end', 'GET /', Buffer.alloc(1_000_000, 'y'), 431],
      ['a chunk extension without an end', `${chunkedStart}5;`, Buffer.alloc(1_000_000, 'y'), 400],
      ['trailers without an end', `${chunkedStart}0\r\n`, Buffer.alloc(1_000_000, 'x: y\r\n'), 431],
      ['chunks without an end', chunkedStart, Buffer.alloc(60_000_000, `1000\r\n${'y'.repeat(4_096)}\r\n`), 413],
    ])('%s is cut off, and the caller is told why', async (_, first, more, status) => {
      expect(statusesIn(await exchange(both.url, first, more))).toEqual([status]);
      expect(engine.seen.ids).toEqual([]);
    });

    test('empty lines before a request are not read for ever', async () => {
      expect(statusesIn(await exchange(impatient.url, Buffer.alloc(1_000_000, '\r\n')))).toEqual([408]);
    });
  });
}

const seenBody = good.replace('"chat"', '"tiny"');
