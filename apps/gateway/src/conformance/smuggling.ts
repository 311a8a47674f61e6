import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { backendOf, routeOf, snapshotOf, startBoth } from '../gateway.fixture.ts';
import type { Path } from './path.ts';
import { exchange, open, startCountingEngine, statusesIn } from './raw-bytes.fixture.ts';

const good = '{"model":"chat"}';
const start = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
const outer = `${start}x-request-id: outer\r\n`;
/** The request that somebody tries to hide in another: were it seen, it would be carried out and end the connection. */
const inner = `${start}x-request-id: inner\r\nconnection: close\r\ncontent-length: ${good.length}\r\n\r\n${good}`;
const chunked = `${good.length.toString(16)}\r\n${good}\r\n0\r\n\r\n`;
const close = 'connection: close\r\n';

/** What the engine may see of it, and what is answered. */
type Want = { seen: readonly string[]; statuses: readonly number[] };
const refused: Want = { seen: [], statuses: [400] };
const outerOnly: Want = { seen: ['outer'], statuses: [200] };
/** Two requests in a row, as the sender may well have meant it. */
const both: Want = { seen: ['outer', 'inner'], statuses: [200, 200] };

const codings = [
  ['a plain one', 'Transfer-Encoding: chunked'],
  ['a space before the colon', 'Transfer-Encoding : chunked'],
  ['a tab before the value', 'Transfer-Encoding:\tchunked'],
  ['a vertical tab before the value', 'Transfer-Encoding:\x0bchunked'],
  ['a form feed behind the value', 'Transfer-Encoding: chunked\x0c'],
  ['another case', 'tRANSFER-eNCODING: cHUNKED'],
  ['a letter before it', 'Transfer-Encoding: xchunked'],
  ['a letter behind it', 'Transfer-Encoding: chunkedx'],
  ['quotes', 'Transfer-Encoding: "chunked"'],
  ['a parameter', 'Transfer-Encoding: chunked;q=0.1'],
  ['a comma behind it', 'Transfer-Encoding: chunked,'],
  ['another coding behind it', 'Transfer-Encoding: chunked, identity'],
  ['another coding before it', 'Transfer-Encoding: identity, chunked'],
  ['itself twice', 'Transfer-Encoding: chunked, chunked'],
  ['an unknown one', 'Transfer-Encoding: cow'],
  ['none', 'Transfer-Encoding:'],
  ['two headers', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked'],
  ['a folded value', 'Transfer-Encoding:\r\n chunked'],
  ['a folded header before it', 'X: y\r\n Transfer-Encoding: chunked'],
  ['a bare LF before it', 'X: y\nTransfer-Encoding: chunked'],
  ['a bare CR before it', 'X: y\rTransfer-Encoding: chunked'],
  ['a NUL in the name', 'Transfer-Encoding\0: chunked'],
  ['a NUL in the value', 'Transfer-Encoding: chunked\0'],
  ['a space in the name', 'Transfer Encoding: chunked'],
  ['a byte beyond ASCII in the name', 'Transfer\xadEncoding: chunked'],
  ['a space before the name', ' Transfer-Encoding: chunked'],
  ['a no-break space before the value', 'Transfer-Encoding: \xa0chunked'],
] as const;

const lengths = [
  ['a sign', '+16'],
  ['a minus', '-16'],
  ['a hexadecimal number', '0x10'],
  ['an exponent', '1e1'],
  ['a fraction', '16.0'],
  ['a list', '16, 16'],
  ['a list that differs', '16, 0'],
  ['a space inside', '1 6'],
  ['quotes', '"16"'],
  ['nothing', ''],
  ['a letter behind it', '16x'],
  ['a vertical tab', '\x0b16'],
  ['a no-break space', '\xa016'],
  ['a NUL', '16\0'],
  ['2^64 more', '18446744073709551632'],
  ['very many digits', '9'.repeat(400)],
] as const;

export function smuggling(path: Path): void {
  describe('request smuggling', () => {
    let engine: Awaited<ReturnType<typeof startCountingEngine>>;
    let gateway: Awaited<ReturnType<typeof startBoth>>;
    let locked: Awaited<ReturnType<typeof startBoth>>;
    beforeAll(async () => {
      engine = await startCountingEngine();
      const route = routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })]);
      gateway = await startBoth(snapshotOf([route]), { ...path, maxBodyBytes: 4_096 });
      locked = await startBoth(snapshotOf([{ ...route, access: 'keys' }]), path);
    });
    afterAll(async () => {
      await Promise.all([gateway.stop(), locked.stop()]);
      await engine.close();
    });
    afterEach(() => {
      // Whatever came in: what the engine got was whole requests and nothing else.
      expect(engine.seen.errors).toEqual([]);
      engine.seen.ids.length = 0;
      engine.seen.bodies.length = 0;
    });

    async function meets(bytes: string, { seen, statuses }: Want, url = gateway.url): Promise<void> {
      // In one piece, and cut inside the head of the hidden request.
      for (const pieces of [[bytes], [bytes.slice(0, -inner.length + 20), bytes.slice(-inner.length + 20)]]) {
        engine.seen.ids.length = 0;
        const answers = await exchange(url, ...pieces);
        expect(engine.seen.ids).toEqual(seen);
        expect(statusesIn(answers)).toEqual(statuses);
        expect(answers.toLowerCase().match(/connection: close/g)).toHaveLength(1);
      }
    }

    describe('a length and a coding', () => {
      test.each(codings)('with %s: the hidden request behind the last chunk', (_, line) =>
        meets(`${outer}content-length: ${chunked.length + inner.length}\r\n${line}\r\n\r\n${chunked}${inner}`, refused),
      );
      test.each(codings)('with %s: the coding first', (_, line) =>
        meets(`${outer}${line}\r\ncontent-length: ${chunked.length}\r\n\r\n${chunked}${inner}`, refused),
      );
    });

    describe('a coding alone', () => {
      const isFine = new Set(['a plain one', 'a tab before the value', 'another case']);
      test.each(codings)('with %s', (name, line) =>
        meets(`${outer}${line}\r\n\r\n${chunked}${inner}`, isFine.has(name) ? both : refused),
      );
    });

    describe('a length', () => {
      test.each(lengths)('with %s', (_, value) =>
        meets(`${outer}content-length: ${value}\r\n\r\n${good}${inner}`, refused),
      );
      test.each([
        ['twice', `content-length: ${good.length}\r\ncontent-length: ${good.length}`],
        ['twice, differing', `content-length: ${good.length}\r\ncontent-length: 0`],
        ['twice, differing the other way', `content-length: 0\r\ncontent-length: ${good.length}`],
        ['with a space before the colon', `content-length : ${good.length}`],
        ['with a NUL in its name', `content-length\0: ${good.length}`],
        ['with a space before its name', ` content-length: ${good.length}`],
        ['in a folded header', `x: y\r\n content-length: ${good.length}`],
        ['behind a bare LF', `x: y\ncontent-length: ${good.length}`],
        ['behind a bare CR', `x: y\rcontent-length: ${good.length}`],
      ])('%s', (_, lines) => meets(`${outer}${lines}\r\n\r\n${good}${inner}`, refused));

      test('with zeros before it is the number it is', () =>
        meets(`${outer}content-length: 000${good.length}\r\n\r\n${good}${inner}`, both));
      test('that covers the hidden request makes it a body, which is no JSON', () =>
        meets(`${outer}${close}content-length: ${good.length + inner.length}\r\n\r\n${good}${inner}`, refused));
      test('under a name that some servers take for it counts for nothing: the body is empty', () =>
        meets(`${outer}content_length: ${inner.length}\r\n\r\n${inner}`, { seen: ['inner'], statuses: [400, 200] }));
    });

    describe('chunks', () => {
      const send = (body: string) => `${outer}transfer-encoding: chunked\r\n\r\n${body}${inner}`;
      const size = good.length.toString(16);
      test.each<[string, string, Want]>([
        ['a plain one', chunked, both],
        ['an extension', `${size};a=b\r\n${good}\r\n0\r\n\r\n`, both],
        ['an extension in quotes', `${size};a="b;c"\r\n${good}\r\n0\r\n\r\n`, both],
        ['a trailer', `${size}\r\n${good}\r\n0\r\nx-sum: 1\r\n\r\n`, both],
        ['zeros before the size', `000${size}\r\n${good}\r\n0\r\n\r\n`, both],
        ['a line end in a quoted extension', `${size};a="\r\n"\r\n${good}\r\n0\r\n\r\n`, refused],
        ['an extension behind a bare LF', `${size};\n${good}\r\n0\r\n\r\n`, refused],
        ['a bare CR in an extension', `${size};a\rb\r\n${good}\r\n0\r\n\r\n`, refused],
        ['a bare LF behind the size', `${size}\n${good}\r\n0\r\n\r\n`, refused],
        ['a bare CR behind the size', `${size}\r${good}\r\n0\r\n\r\n`, refused],
        ['a space before the size', ` ${size}\r\n${good}\r\n0\r\n\r\n`, refused],
        ['a sign', `+${size}\r\n${good}\r\n0\r\n\r\n`, refused],
        ['a prefix', `0x${size}\r\n${good}\r\n0\r\n\r\n`, refused],
        ['no size', `\r\n${good}\r\n0\r\n\r\n`, refused],
        ['a size beyond 64 bits', `10000000000000010\r\n${good}\r\n0\r\n\r\n`, refused],
        ['more data than the size says', `2\r\n${good}\r\n0\r\n\r\n`, refused],
        ['a bare LF behind the data', `${size}\r\n${good}\n0\r\n\r\n`, refused],
        ['a trailer without a colon', `${size}\r\n${good}\r\n0\r\nxsum\r\n\r\n`, refused],
      ])('%s', (_, body, want) => meets(send(body), want));
    });

    describe('heads', () => {
      const body = `content-length: ${good.length}\r\n\r\n${good}`;
      test.each<[string, string, Want]>([
        ['lines that end in bare LF', `${outer.replaceAll('\r\n', '\n')}${body}`, refused],
        ['lines that end in bare CR', `${outer.replaceAll('\r\n', '\r')}${body}`, refused],
        ['an empty line of a bare LF', `${outer}content-length: ${good.length}\n\n${good}`, refused],
        ['a space before the empty line', `${outer}content-length: ${good.length}\r\n \r\n${good}`, refused],
        ['a folded header', `${outer}x: y\r\n\tz\r\n${body}`, refused],
        ['a folded first header', outer.replace('host', ' x: y\r\nhost') + body, refused],
        ['a NUL in a value', `${outer}x: a\0b\r\n${body}`, refused],
        ['an empty name', `${outer}: x\r\n${body}`, refused],
        ['no colon', `${outer}x\r\n${body}`, refused],
        ['a bracket in a name', `${outer}x(y): z\r\n${body}`, refused],
        ['two hosts', `${outer}host: y\r\n${body}`, refused],
        ['two equal hosts', `${outer}host: x\r\n${body}`, refused],
        ['no host', outer.replace('host: x\r\n', '') + body, refused],
        ['two keys', `${outer}authorization: Bearer a\r\nauthorization: Bearer b\r\n${body}`, refused],
        ['two content types', `${outer}content-type: text/plain\r\n${body}`, refused],
        ['an unknown version', outer.replace('HTTP/1.1', 'HTTP/1.2') + body, refused],
        ['a version in small letters', outer.replace('HTTP/1.1', 'http/1.1') + body, refused],
        ['no version', outer.replace(' HTTP/1.1', '') + body, refused],
        ['two spaces before the version', outer.replace(' HTTP', '  HTTP') + body, both],
        ['a tab before the target', outer.replace('POST ', 'POST\t') + body, refused],
        ['a space in the target', outer.replace('/v1/', '/v1/ /') + body, refused],
        ['a NUL in the target', outer.replace('/v1/', '/v1/\0') + body, refused],
        ['a method in small letters', outer.replace('POST', 'post') + body, refused],
        ['a method with a letter more', outer.replace('POST', 'POSTS') + body, refused],
        ['empty lines before it', `\r\n\r\n${outer}${body}`, both],
        ['a target with a host', outer.replace('/v1', 'http://other/v1') + body, refused],
        ['a target that is a host', outer.replace('/v1/chat/completions', 'other:80') + body, refused],
        ['a star for a target', outer.replace('/v1/chat/completions', '*') + body, refused],
        ['a header that only hops', `${outer}connection: keep-alive, x-hop\r\nx-hop: 1\r\n${body}`, both],
      ])('%s', (_, first, want) => meets(first + inner, want));

      test('a tunnel is refused, and what is in it with it', async () => {
        const answers = await exchange(gateway.url, `CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n${inner}`);
        expect(engine.seen.ids).toEqual([]);
        expect(answers).not.toMatch(/^HTTP\/1\.1 2/);
      });

      test.each([
        ['to another protocol', 'connection: upgrade\r\nupgrade: websocket\r\n'],
        ['to HTTP/2 in clear', 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n'],
      ])('an upgrade %s is not taken up: the request is answered, and nothing is read behind it', (_, lines) =>
        meets(`${outer}${lines}${body}${inner}`, outerOnly),
      );
    });

    describe('what stands behind a request', () => {
      test('another one, of which both are answered in order', () =>
        meets(`${outer}content-length: ${good.length}\r\n\r\n${good}${inner}`, both));
      test('nothing is read behind one that closes the connection', () =>
        meets(`${outer}${close}content-length: ${good.length}\r\n\r\n${good}${inner}`, outerOnly));
      test('garbage ends the connection, and the request before it is answered', async () => {
        const answers = await exchange(gateway.url, `${outer}content-length: ${good.length}\r\n\r\n${good}x${inner}`);
        expect(engine.seen.ids).toEqual(['outer']);
        expect(statusesIn(answers)[0]).toBe(200);
      });
      test('the preface of HTTP/2, which is too late for it', async () => {
        const socket = open(gateway.url);
        let answers = '';
        socket.setEncoding('latin1').on('data', (chunk: string) => {
          answers += chunk;
        });
        socket.write(`${outer}content-length: ${good.length}\r\n\r\n${good}`);
        await once(socket, 'data');
        socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
        await once(socket, 'close');
        expect(statusesIn(answers)).toEqual([200, 400]);
      });
      test('a body that no GET needs is not taken for a request', async () => {
        const bytes = `GET /v1/models HTTP/1.1\r\nhost: x\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`;
        for (const pieces of [[bytes], [bytes.slice(0, -inner.length), inner]]) {
          const answers = await exchange(gateway.url, ...pieces, `GET /v1/models HTTP/1.1\r\nhost: x\r\n${close}\r\n`);
          expect(engine.seen.ids).toEqual([]);
          expect(new Set(statusesIn(answers))).toEqual(new Set([200]));
        }
      });
      test.each([
        ['a key is missing', () => locked.url, `${outer}content-length: ${inner.length}\r\n\r\n`, 401],
        ['it is too long', () => gateway.url, `${outer}content-length: ${5_000 + inner.length}\r\n\r\n`, 413],
        [
          'there is no such path',
          () => gateway.url,
          `${outer.replace('/chat', '/x')}content-length: ${inner.length}\r\n\r\n`,
          404,
        ],
        [
          'its type is another',
          () => gateway.url,
          `${outer.replace('json', 'xml')}content-length: ${inner.length}\r\n\r\n`,
          415,
        ],
      ])('a body that is refused because %s is not taken for a request', async (_, url, head, status) => {
        for (const pieces of [[head, inner], [head + inner]]) {
          engine.seen.ids.length = 0;
          const answers = await exchange(url(), ...pieces, inner);
          expect(statusesIn(answers)[0]).toBe(status);
          // The one behind it may be carried out.
          expect(engine.seen.ids.length).toBeLessThanOrEqual(1);
        }
      });
    });
  });
}
