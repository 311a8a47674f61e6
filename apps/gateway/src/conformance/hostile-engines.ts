import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { backendOf, chat, routeOf, snapshotOf, startBoth, until } from '../gateway.fixture.ts';
import type { Path } from './path.ts';
import { type RawEngine, startRawEngine } from './raw-bytes.fixture.ts';

const text = '{"choices":[{"text":"hello"}]}';
const frames = 'data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n';
const json = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const plain = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';
const stream = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n';
const inChunks = (body: string, size: number): string => {
  let chunks = '';
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    chunks += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return `${chunks}0\r\n\r\n`;
};
const withLength = (head: string, body: string) => `${head}content-length: ${body.length}\r\n\r\n${body}`;
const withChunks = (head: string, body: string) => `${head}transfer-encoding: chunked\r\n\r\n${inChunks(body, 11)}`;

/** What became of one request, as its caller can tell. */
type Outcome = 'whole' | 'refused' | 'broken' | 'errorEvent' | 'truncated';

export function hostileEngines(path: Path): void {
  describe('engines that misbehave', () => {
    const stops: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const stop of stops.splice(0).reverse()) await stop();
    });

    /** A gateway before one replica, whose every answer is the test's own. */
    async function behind(
      answer: (socket: Socket, nth: number, request: string) => void,
      change: Partial<Timeouts> = {},
    ) {
      let asked = 0;
      const engine = await startRawEngine((socket, request) => answer(socket, ++asked, request));
      stops.push(() => engine.close());
      return { engine, ...(await before(engine, change)) };
    }

    async function before(engine: RawEngine, change: Partial<Timeouts> = {}) {
      const route = routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })], {
        timeouts: { firstByteMs: 2_000, betweenBytesMs: 2_000, totalMs: 10_000, ...change },
      });
      const both = await startBoth(snapshotOf([route]), path);
      stops.push(() => both.stop());
      return both;
    }

    async function outcomeAt(url: string, whole: string): Promise<Outcome> {
      const answer = await chat(url);
      if (answer.status === 502) return answer.json().then(() => 'refused');
      expect(answer.status).toBe(200);
      const body = await answer.text().catch(() => undefined);
      if (body === undefined) return 'broken';
      // An engine that leaves out the last empty line still said what it said.
      if (body === whole || `${body}\n` === whole || `${body}\n\n` === whole) return 'whole';
      return whole === frames &&
        /^(data: \{"n":\d\}\n\n)*(data: [^\n]*\n\n)?data: \{"error":\{[^\n]*\}\}\n\n$/.test(body)
        ? 'errorEvent'
        : 'truncated';
    }

    describe('an answer that is cut off', () => {
      test.each<[string, string, string, readonly Outcome[]]>([
        // Held until it is whole, since the model's name in it may change.
        ['with a length', withLength(json, text), text, ['whole']],
        ['in chunks', withChunks(json, text), text, ['whole']],
        ['with a length, of which nothing is read', withLength(plain, text), text, ['broken', 'whole']],
        ['in chunks, of which nothing is read', withChunks(plain, text), text, ['broken', 'whole']],
        ['a stream in chunks', withChunks(stream, frames), frames, ['errorEvent', 'whole']],
        ['a stream with a length', withLength(stream, frames), frames, ['errorEvent', 'whole']],
        ['a stream that lasts until its end', `${stream}\r\n${frames}`, frames, ['errorEvent', 'whole']],
      ])('%s, at any byte, by an end or a reset, is never taken for a whole one', async (_, bytes, whole, want) => {
        const seen = new Set<Outcome>();
        let cut = 0;
        let how: 'end' | 'reset' = 'end';
        let isCut = false;
        const { url } = await behind((socket) => {
          if (!isCut) return void socket.write(withLength(whole === text ? plain : stream, whole));
          isCut = false;
          socket.write(bytes.slice(0, cut), () => (how === 'end' ? socket.end() : socket.resetAndDestroy()));
        });
        for (how of ['end', 'reset'] as const)
          for (cut = 1; cut < bytes.length; cut++) {
            isCut = true;
            const outcome = await outcomeAt(url, whole);
            if (outcome === 'truncated') throw new Error(`cut off at byte ${cut} by ${how}: taken for whole`);
            seen.add(outcome);
          }
        // Where many were lost in a short time there is no second try for each.
        seen.delete('refused');
        expect([...seen].sort()).toEqual(want);
      });
    });

    describe('an answer that is no good HTTP', () => {
      const bad: readonly [string, string][] = [
        [
          'has a length and a coding',
          `${json}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
        ],
        ['has two lengths', `${json}content-length: 2\r\ncontent-length: 2\r\n\r\n{}`],
        ['has a list of lengths', `${json}content-length: 2, 2\r\n\r\n{}`],
        ['has a negative length', `${json}content-length: -2\r\n\r\n{}`],
        ['has an endless length', `${json}content-length: ${'9'.repeat(30)}\r\n\r\n{}`],
        ['has another coding', `${json}transfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
        ['has two codings', `${json}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
        ['has a folded header', `${json}x: a\r\n b\r\ncontent-length: 2\r\n\r\n{}`],
        ['has a bare LF in a header', `${json}x: a\nset-cookie: evil=1\r\ncontent-length: 2\r\n\r\n{}`],
        ['has a bare CR in a header', `${json}x: a\rset-cookie: evil=1\r\ncontent-length: 2\r\n\r\n{}`],
        ['has a NUL in a header', `${json}x: a\0evil\r\ncontent-length: 2\r\n\r\n{}`],
        ['has a bare LF in its reason', 'HTTP/1.1 200 OK\nevil: 1\r\ncontent-length: 2\r\n\r\n{}'],
        ['has lines that end in bare LF', 'HTTP/1.1 200 OK\ncontent-length: 2\n\n{}\r\n\r\n'],
        ['has a space before a colon', `${json}content-length : 2\r\n\r\n{}`],
        ['has a name with a bracket', `${json}evil(: 2\r\ncontent-length: 2\r\n\r\n{}`],
        ['has a nameless header', `${json}: evil\r\ncontent-length: 2\r\n\r\n{}`],
        ['is of another version', 'HTTP/1.2 200 OK\r\ncontent-length: 2\r\n\r\n{}'],
        ['has a status of two digits', 'HTTP/1.1 20 OK\r\ncontent-length: 2\r\n\r\n{}'],
        ['has a status beyond 599', 'HTTP/1.1 700 OK\r\ncontent-length: 2\r\n\r\n{}'],
        ['is longer than it says', `${json}content-length: 2\r\n\r\n{}evil`],
        ['has another behind it', `${json}content-length: 2\r\n\r\n{}${withLength(json, 'evil')}`],
        ['has a body where none can be', 'HTTP/1.1 204 No Content\r\n\r\nevil'],
        ['upgrades', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: evil\r\n\r\n'],
        ['ends with an interim answer', 'HTTP/1.1 103 Early Hints\r\nconnection: close\r\n\r\n'],
      ];
      test.each(bad)('one that %s is a 502, and nothing of it is passed on', async (_, bytes) => {
        const { url } = await behind((socket) => void socket.end(Buffer.from(bytes, 'latin1')));
        const answer = await chat(url);
        expect(answer.status).toBe(502);
        expect(JSON.stringify([...answer.headers])).not.toMatch(/evil|set-cookie/);
        expect(await answer.text()).not.toContain('evil');
      });

      test.each([
        ['a size that is none', 'zz\r\nevil\r\n0\r\n\r\n'],
        ['a signed size', '+4\r\nevil\r\n0\r\n\r\n'],
        ['more data than the size', '2\r\nevil\r\n0\r\n\r\n'],
        ['a bare LF', '4\nevil\r\n0\r\n\r\n'],
        ['no line end behind the data', '4\r\nevil0\r\n\r\n'],
        ['an extension that is none', '4;\r\nevil\r\n0\r\n\r\n'],
        ['a trailer that is none', '0\r\nevil\r\n\r\n'],
        ['a length for a trailer', '0\r\ncontent-length: 4\r\n\r\n'],
      ])('%s breaks the answer off, wherever the reads end', async (_, bad) => {
        const bytes = `${json}transfer-encoding: chunked\r\n\r\n4\r\ngood\r\n${bad}`;
        let cut = 0;
        const { url } = await behind(
          (socket) =>
            // Not a promise that these are two reads, but they nearly always are.
            void socket.write(bytes.slice(0, cut), () => setImmediate(() => socket.end(bytes.slice(cut)))),
        );
        for (cut = 1; cut < bytes.length; cut++) {
          const outcome = await outcomeAt(url, 'nothing is whole');
          expect(['refused', 'broken']).toContain(outcome);
        }
      });
    });

    describe('an answer that is good HTTP', () => {
      const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </evil>\r\n\r\n';
      test.each<[string, readonly string[]]>([
        ['behind interim ones', [interim + withLength(json, text)]],
        [
          'behind interim ones, in pieces',
          [interim.slice(0, 30), interim.slice(30, 60), interim.slice(60), withChunks(json, text)],
        ],
        ['that lasts until its end', [`${json}\r\n${text}`]],
        ['of HTTP/1.0', [`${json.replace('1.1', '1.0')}\r\n${text}`]],
        ['with trailers', [withChunks(json, text).replace(/0\r\n\r\n$/, '0\r\nx-evil: 1\r\n\r\n')]],
        ['with extensions', [withChunks(json, text).replaceAll('b\r\n', 'b;a="b";c\r\n')]],
      ])('%s passes', async (_, pieces) => {
        const { url } = await behind((socket) => {
          const [first = '', ...rest] = pieces;
          const next = (piece: string, more: readonly string[]): void => {
            socket.write(piece, () =>
              setImmediate(() => (more[0] === undefined ? socket.end() : next(more[0], more.slice(1)))),
            );
          };
          next(first, rest);
        });
        const answer = await chat(url);
        expect(answer.status).toBe(200);
        expect(JSON.stringify([...answer.headers])).not.toContain('evil');
        expect(await answer.text()).toBe(text);
      });

      test('says nothing in the gateway’s name, and no connection’s business', async () => {
        const lines = [
          'x-signalbox-replica: evil',
          'X-Request-Id: evil',
          'set-cookie: evil=1',
          'connection: x-evil',
          'x-evil: 1',
        ];
        const more = [
          'keep-alive: timeout=5',
          'server: evil',
          'alt-svc: evil',
          'proxy-authenticate: evil',
          'x-fine: 1',
        ];
        const { url } = await behind(
          (socket) => void socket.end(withLength(`${json}${[...lines, ...more].join('\r\n')}\r\n`, text)),
        );
        const answer = await chat(url);
        expect(answer.headers.get('x-fine')).toBe('1');
        expect(JSON.stringify([...answer.headers])).not.toContain('evil');
      });
    });

    describe('an engine that does not keep to its turn', () => {
      test('and answers before it has read the request is believed, and not asked again on that connection', async () => {
        const ports = new Set<number | undefined>();
        const engine = await startRawEngine(
          (socket) => {
            if (ports.has(socket.remotePort)) return;
            ports.add(socket.remotePort);
            socket
              .pause()
              .write(withLength('HTTP/1.1 413 Too Large\r\ncontent-type: application/json\r\n', '{"error":{}}'));
          },
          { waitsForBody: false },
        );
        stops.push(() => engine.close());
        const { url } = await before(engine);
        for (let sent = 1; sent <= 3; sent++) {
          const answer = await chat(url, { padding: 'x'.repeat(8 * 1024 * 1024) });
          expect(answer.status).toBe(413);
          expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
          expect(ports.size).toBe(sent);
        }
      });

      test('and goes on after its answer is not asked again on that connection', async () => {
        const closed: Promise<void>[] = [];
        const { url } = await behind((socket, nth) => {
          socket.write(withLength(json, `{"nth":${nth}}`), () =>
            setImmediate(() => socket.write(withLength(json, 'evil'))),
          );
          closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
        });
        for (let nth = 1; nth <= 5; nth++) {
          const answer = await chat(url);
          // Where both came in one read, neither is believed.
          const [status, body] = [answer.status, await answer.text()];
          if (status !== 502) expect([status, body]).toEqual([200, `{"nth":${nth}}`]);
          expect(body).not.toContain('evil');
          await closed.at(-1);
        }
      });

      test('and speaks before it is asked is not listened to', async () => {
        const { url, engine } = await behind((socket, nth) => void socket.write(withLength(json, `{"nth":${nth}}`)));
        await (await chat(url)).text();
        const idle = [...engine.connections];
        const gone = idle.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
        for (const socket of idle) socket.write(withLength(json, 'evil'));
        await Promise.all(gone);
        expect(await (await chat(url)).text()).toBe('{"nth":2}');
      });

      /** Sends some bytes, and then their end again and again until it is cut off. */
      const endless = (bytes: string) => (socket: Socket) => {
        const more = (): void => {
          if (!socket.destroyed) socket.write(bytes.slice(-500), () => setImmediate(more));
        };
        socket.write(bytes, more);
      };

      test.each([
        ['a head that never ends', `${json}${'x: y\r\n'.repeat(100)}`, 502],
        ['a header that never ends', `${json}x: ${'y'.repeat(1_000)}`, 502],
        ['a reason that never ends', `HTTP/1.1 200 ${'y'.repeat(1_000)}`, 502],
        ['interim answers that never end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100), 502],
        ['a chunk size that never ends', `${json}transfer-encoding: chunked\r\n\r\n${'0'.repeat(1_000)}`, 502],
        ['a chunk extension that never ends', `${json}transfer-encoding: chunked\r\n\r\n5;${'a'.repeat(1_000)}`, 502],
        ['trailers that never end', `${json}transfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(100)}`, 502],
        ['an error that never ends', `${json.replace('200 OK', '500 Oh')}\r\n${'x'.repeat(1_000)}`, 500],
        ['a refusal that never ends', `${json.replace('200 OK', '400 No')}\r\n${'x'.repeat(1_000)}`, 400],
      ])('and sends %s is cut off', async (_, bytes, status) => {
        const { url, controlPlane } = await behind(endless(bytes), { firstByteMs: 5_000, totalMs: 1_000 });
        const answer = await chat(url);
        expect(answer.status).toBe(status);
        await answer.text();
        await until('nothing is in flight', () => controlPlane.last?.replicas[0]?.inFlight === 0);
      });

      test.each([
        ['that is held', json],
        ['that is passed on', plain],
        ['that is a stream', `${stream}transfer-encoding: chunked\r\n\r\nfffffff\r\ndata: `],
      ])('and sends an answer without an end, %s, sends as long as somebody reads', async (_, head) => {
        let gone: Promise<void> | undefined;
        const { url } = await behind((socket) => {
          gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
          endless(`${head.includes('chunked') ? head : `${head}\r\n`}${'x'.repeat(1_000)}`)(socket);
        });
        const reader = (await chat(url, { stream: head.startsWith(stream) })).body?.getReader();
        for (let read = 0; read < 1024 * 1024; ) read += (await reader?.read())?.value?.length ?? Number.NaN;
        await reader?.cancel();
        await gone;
      });

      test.each<[string, string, number]>([
        ['sends its head byte by byte', withLength(json, text), 20],
        ['reads the request and says nothing', '', 0],
      ])('and %s is not waited for', async (_, bytes, everyMs) => {
        const { url } = await behind(
          (socket) => {
            let at = 0;
            const dripping = setInterval(() => {
              if (at < bytes.length) socket.write(bytes.charAt(at++));
            }, everyMs);
            socket.once('close', () => clearInterval(dripping));
          },
          { firstByteMs: 300 },
        );
        expect((await chat(url)).status).toBe(504);
      });

      test('and never reads its request is not waited for, and its request is not kept', async () => {
        const engine = await startRawEngine((socket) => void socket.pause(), { waitsForBody: false });
        stops.push(() => engine.close());
        const { url, controlPlane } = await before(engine, { firstByteMs: 300 });
        expect((await chat(url, { padding: 'x'.repeat(16 * 1024 * 1024) })).status).toBe(504);
        await until('nothing is in flight', () => controlPlane.last?.replicas[0]?.inFlight === 0);
      });

      test('and sends a frame without an end passes it on in the end', async () => {
        const endless = `data: ${'x'.repeat(3 * 1024 * 1024)}\n\ndata: [DONE]\n\n`;
        const { url } = await behind((socket) => void socket.write(withLength(stream, endless)));
        expect(await (await chat(url, { stream: true })).text()).toBe(endless);
      });
    });
  });
}

interface Timeouts {
  firstByteMs: number;
  betweenBytesMs: number;
  totalMs: number;
}
