import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { backendOf, chat, isPoll, routeOf, serve, snapshotOf, startBoth, until } from '../gateway.fixture.ts';
import type { Path } from './path.ts';

export function engineAnswers(path: Path): void {
  describe('engines', () => {
    const stops: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const stop of stops.splice(0).reverse()) await stop();
    });

    /** A gateway before an engine that answers generations as the test says. */
    async function behind(answer: RequestListener) {
      const seen: { request: IncomingMessage; body: string }[] = [];
      const engine = await serve((request: IncomingMessage, response: ServerResponse) => {
        if (isPoll(request.url)) return void response.end();
        let body = '';
        request.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        request.on('end', () => {
          seen.push({ request, body });
          answer(request, response);
        });
      });
      stops.push(() => engine.close());
      const route = routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })], {
        timeouts: { firstByteMs: 2_000, betweenBytesMs: 300, totalMs: 10_000 },
      });
      const both = await startBoth(snapshotOf([route]), path);
      stops.push(() => both.stop());
      return { ...both, seen };
    }

    const events = { 'content-type': 'text/event-stream; charset=utf-8' };
    const done = 'data: [DONE]\n\n';

    describe('what the engine is sent', () => {
      test('the body unchanged but for the model, and no secret of the caller', async () => {
        const { url, seen } = await behind(
          (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        );
        await fetch(`${url}/v1/chat/completions?a=b`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: 'Bearer sbk_secret',
            'x-custom': '1',
            traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          },
          body: '{ "x":1.0e1, "model" : "chat", "seed":12345678901234567890 }',
        });
        const [{ request, body }] = seen as [(typeof seen)[number]];
        expect(body).toBe('{ "x":1.0e1, "model" : "tiny", "seed":12345678901234567890 }');
        expect(request.url).toBe('/v1/chat/completions?a=b');
        expect(request.headers.authorization).toBeUndefined();
        expect(request.headers['x-custom']).toBe('1');
        expect(request.headers['content-length']).toBe(String(body.length));
        expect(request.headers.traceparent).toMatch(
          /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
        );
        expect(request.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      });

      test('Triton’s paths under the engine’s own model name, binary bodies untouched', async () => {
        const { url, seen } = await behind(
          (_, response) =>
            void response.writeHead(200, { 'content-type': 'application/json' }).end('{"model_name":"tiny"}'),
        );
        const answer = await fetch(`${url}/v2/models/chat/versions/1/infer`, {
          method: 'POST',
          headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': '2' },
          body: '{}\u0001\u0002',
        });
        expect(await answer.text()).toBe('{"model_name":"tiny"}');
        expect((await fetch(`${url}/v2/models/chat/ready`)).status).toBe(200);
        expect(seen.map(({ request }) => `${request.method} ${request.url}`)).toEqual([
          'POST /v2/models/tiny/versions/1/infer',
          'GET /v2/models/tiny/ready',
        ]);
        expect(seen[0]?.body).toBe('{}\u0001\u0002');
        expect(seen[0]?.request.headers['inference-header-content-length']).toBe('2');
      });
    });

    describe('what the engine answers', () => {
      test('a stream arrives byte for byte', async () => {
        const frames =
          Array.from({ length: 200 }, (_, index) => `data: {"n":${index},"t":"é\\u00e9"}\n\n`).join('') + done;
        const { url } = await behind((_, response) => {
          response.writeHead(200, events);
          const bytes = Buffer.from(frames);
          // Cut anywhere, also inside characters and between the two line ends.
          for (let at = 0; at < bytes.length; at += 37) response.write(bytes.subarray(at, at + 37));
          response.end();
        });
        const answer = await chat(url, { stream: true });
        expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
        expect(answer.headers.get('x-accel-buffering')).toBe('no');
        expect(await answer.text()).toBe(frames);
      });

      test('a frame is passed on at once', async () => {
        let finish: () => void = () => undefined;
        const { url } = await behind((_, response) => {
          response.writeHead(200, events).write('data: {"n":1}\n\n');
          finish = () => response.end(done);
        });
        const answer = await chat(url, { stream: true });
        const reader = answer.body?.getReader();
        expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: {"n":1}\n\n');
        finish();
        expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(done);
      });

      test('a stream that ends without its end mark ends in one error event, whole frames before it', async () => {
        const { url } = await behind(
          (_, response) => void response.writeHead(200, events).end('data: {"n":1}\n\ndata: {"ha'),
        );
        const text = await (await chat(url, { stream: true })).text();
        expect(text).toMatch(/^data: \{"n":1\}\n\n(.*\n)*\n*data: \{"error":\{.*\}\}\n\n$/);
        expect(text.match(/"error"/g)).toHaveLength(1);
      });

      test('an error that the engine told itself is not told twice', async () => {
        const { url } = await behind(
          (_, response) =>
            void response.writeHead(200, events).end('data: {"n":1}\n\ndata: {"error":{"message":"x"}}\n\n'),
        );
        expect((await (await chat(url, { stream: true })).text()).match(/"error"/g)).toHaveLength(1);
      });

      test('a stream that falls silent is ended at the route’s bound', async () => {
        const { url, controlPlane } = await behind(
          (_, response) => void response.writeHead(200, events).write('data: {"n":1}\n\n'),
        );
        const text = await (await chat(url, { stream: true })).text();
        expect(text).toContain('"code":"upstream_timeout"');
        await until('it is an error of the revision', () => controlPlane.last?.revisions[0]?.errors === 1);
      });

      test('a head that comes long before the first byte may still be followed by another try', async () => {
        let tries = 0;
        const { url } = await behind((_, response) => {
          tries++;
          response.writeHead(200, events).flushHeaders();
          if (tries > 1) return void response.end(done);
          setImmediate(() => response.destroy());
        });
        expect(await (await chat(url, { stream: true })).text()).toBe(done);
        expect(tries).toBe(2);
      });

      test('a 4xx keeps its status and reason in the caller’s shape, and is nobody’s error', async () => {
        const { url, controlPlane } = await behind(
          (_, response) =>
            void response
              .writeHead(422, { 'content-type': 'application/json', 'x-engine': '1' })
              .end('{"error":{"message":"too long for tiny","code":422,"param":"messages"}}'),
        );
        const answer = await chat(url);
        expect(answer.status).toBe(422);
        expect(answer.headers.get('x-engine')).toBeNull();
        expect(answer.headers.get('x-signalbox-revision')).toBe('chat/1');
        expect(await answer.json()).toMatchObject({
          error: { message: expect.stringContaining('too long'), type: 'invalid_request_error', param: 'messages' },
        });
        await until('it is reported', () => controlPlane.last?.revisions[0]?.requests === 1);
        expect(controlPlane.last?.revisions[0]).toMatchObject({ errors: 0, ttft: { count: 0 } });
      });

      test('internals of a 5xx stay inside', async () => {
        const { url } = await behind(
          (_, response) =>
            void response.writeHead(500, { 'content-type': 'text/plain' }).end('Traceback: /opt/secret.py at 10.0.0.7'),
        );
        const answer = await chat(url);
        expect(answer.status).toBe(500);
        expect(await answer.text()).not.toContain('secret');
      });

      test.each([
        ['is no HTTP', 'hello\r\n\r\n'],
        ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
        ['has a bad chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
        ['has an endless head', `HTTP/1.1 200 OK\r\nx-a: ${'x'.repeat(40_000)}\r\n\r\n`],
        [
          'has too many headers',
          `HTTP/1.1 200 OK\r\n${Array.from({ length: 200 }, (_, index) => `x-${index}: 1\r\n`).join('')}content-length: 1\r\n\r\na`,
        ],
        ['upgrades unasked', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
        ['is nothing at all', ''],
      ])('an answer that %s is a 502', async (_, bytes) => {
        const engine = createServer((socket) => {
          socket.on('error', () => undefined);
          socket.once('data', (asked) =>
            socket.end(asked.toString().startsWith('GET') ? 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n' : bytes),
          );
        });
        await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
        stops.push(async () => void engine.close());
        const address = engine.address();
        const port = typeof address === 'object' ? address?.port : 0;
        const both = await startBoth(
          snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [`http://127.0.0.1:${port}`] })])]),
          path,
        );
        stops.push(() => both.stop());
        const answer = await chat(both.url);
        expect(answer.status).toBe(502);
        expect(await answer.json()).toMatchObject({ error: { code: 'upstream_failed' } });
      });

      test('a reader that does not read holds the engine back instead of filling memory', async () => {
        let sentBytes = 0;
        let isBlocked = false;
        const frame = Buffer.from(`data: ${'x'.repeat(64 * 1024)}\n\n`);
        const { url } = await behind((_, response) => {
          response.writeHead(200, events);
          const fill = (): void => {
            while (sentBytes < 256 * 1024 * 1024) {
              sentBytes += frame.length;
              if (!response.write(frame)) {
                isBlocked = true;
                return void response.once('drain', fill);
              }
            }
            response.end(done);
          };
          fill();
        });
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        const body = '{"model":"chat","stream":true}';
        socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
        await once(socket, 'readable');
        let before = -1;
        await until('the engine waits', async () => {
          const unchanged = isBlocked && sentBytes === before;
          before = sentBytes;
          await new Promise((resolve) => setTimeout(resolve, 100));
          return unchanged;
        });
        expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
        socket.destroy();
      });
    });
  });
}
