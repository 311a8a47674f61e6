import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import { backendOf, chat, routeOf, snapshotOf, startBoth } from '../gateway.fixture.ts';
import type { Path } from './path.ts';

export function hostileCallers(path: Path): void {
  describe('hostile callers', () => {
    let engine: SimulatedEngine;
    let both: Awaited<ReturnType<typeof startBoth>>;
    /** The same with little patience: slow callers would make slow tests. */
    let impatient: Awaited<ReturnType<typeof startBoth>>;
    beforeAll(async () => {
      engine = await startSimulatedEngine({ args: ['serve', 'org/tiny', '--served-model-name', 'tiny'] });
      const backends = [backendOf({ revisionId: 'rev-1', at: [engine.url] })];
      const routes = [routeOf(backends), routeOf(backends, { id: 'route-locked', name: 'locked', access: 'keys' })];
      both = await startBoth(snapshotOf(routes), path);
      impatient = await startBoth(snapshotOf(routes), { ...path, headersTimeoutMs: 300, bodyStallMs: 300 });
    });
    afterAll(async () => {
      await Promise.all([both.stop(), impatient.stop()]);
      await engine.close();
    });
    afterEach(async () => {
      // Whatever was thrown at it: the next caller is served.
      expect((await chat(both.url, { max_tokens: 1 })).status).toBe(200);
    });

    const good = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'x' }], max_tokens: 1 });
    const send = (
      body: string | Uint8Array<ArrayBuffer>,
      headers: Record<string, string> = {},
      path = '/v1/chat/completions',
    ) => fetch(both.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

    describe('a bad request gets a clear error', () => {
      test.each<[string, () => Promise<Response>, number, string, string | null]>([
        ['no key where one is needed', () => send('{"model":"locked"}'), 401, 'invalid_api_key', null],
        [
          'a wrong key',
          () => send('{"model":"locked"}', { authorization: 'Bearer nope' }),
          401,
          'invalid_api_key',
          null,
        ],
        [
          'another scheme',
          () => send('{"model":"locked"}', { authorization: 'Basic eDp5' }),
          401,
          'invalid_api_key',
          null,
        ],
        ['an unknown model', () => send('{"model":"nope"}'), 404, 'model_not_found', 'model'],
        ['no body', () => send(''), 400, 'invalid_json', null],
        ['malformed JSON', () => send('{"model":"chat",'), 400, 'invalid_json', null],
        ['no model', () => send('{"messages":[]}'), 400, 'invalid_value', 'model'],
        ['a model that is no string', () => send('{"model":7}'), 400, 'invalid_value', 'model'],
        ['two models', () => send('{"model":"chat","model":"locked"}'), 400, 'invalid_value', 'model'],
        [
          'invalid UTF-8',
          () => send(Uint8Array.from([...Buffer.from('{"model":"chat","x":"'), 0xc3, 0x28, ...Buffer.from('"}')])),
          400,
          'invalid_json',
          null,
        ],
        [
          'a form',
          () => send('model=chat', { 'content-type': 'application/x-www-form-urlencoded' }),
          415,
          'unsupported_media_type',
          null,
        ],
        ['a compressed body', () => send(good, { 'content-encoding': 'gzip' }), 415, 'unsupported_media_type', null],
        [
          'a body of 51 MB',
          () => send(`{"model":"chat","x":"${'x'.repeat(51 * 1024 * 1024)}"}`),
          413,
          'request_too_large',
          null,
        ],
        ['an unknown path', () => send(good, {}, '/v1/load_lora_adapter'), 404, 'unknown_url', null],
        ['the wrong method', () => fetch(`${both.url}/v1/chat/completions`), 405, 'method_not_allowed', null],
        [
          'an endless URL',
          () => send(good, {}, `/v1/chat/completions?${'x'.repeat(9_000)}`),
          414,
          'request_too_large',
          null,
        ],
        [
          'very many headers',
          () => send(good, Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`x-h${index}`, '1']))),
          431,
          'request_too_large',
          null,
        ],
      ])('%s', async (_, ask, status, code, param) => {
        const answer = await ask();
        expect(answer.status).toBe(status);
        expect(answer.headers.get('x-request-id')).not.toBeNull();
        const body = (await answer.json()) as { error: Record<string, unknown> };
        expect(body.error).toMatchObject({ code, param, type: 'invalid_request_error' });
        expect(body.error.message).not.toBe('');
      });

      test('a body without a declared length is cut off at the limit as well', async () => {
        const chunk = Buffer.alloc(1024 * 1024, 'x');
        let left = 60;
        const body = new ReadableStream({
          pull: (controller) => {
            if (left-- > 0) controller.enqueue(chunk);
            else controller.close();
          },
        });
        const init: RequestInit & { duplex: 'half' } = {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          duplex: 'half',
        };
        expect((await fetch(`${both.url}/v1/chat/completions`, init)).status).toBe(413);
      });

      test.each([
        ['anthropic', '/v1/messages', { type: 'error', error: { type: 'not_found_error' } }],
        ['kserve', '/v2/models/nope/infer', { error: expect.stringContaining('nope') }],
      ])('errors take the shape of the %s API', async (_, path, shape) => {
        expect(await (await send('{"model":"nope"}', {}, path)).json()).toMatchObject(shape);
      });
    });

    const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

    describe('bytes that are no good HTTP', () => {
      test.each<[string, string, number]>([
        ['garbage', 'garbage\r\n\r\n', 400],
        [
          'both Content-Length and Transfer-Encoding',
          `${head}content-length: ${good.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
          400,
        ],
        ['two lengths that differ', `${head}content-length: 5\r\ncontent-length: 6\r\n\r\n12345`, 400],
        ['a signed length', `${head}content-length: +5\r\n\r\n12345`, 400],
        ['an unknown coding', `${head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
        ['a bad chunk size', `${head}transfer-encoding: chunked\r\n\r\n-5\r\n12345\r\n0\r\n\r\n`, 400],
        ['a space before the colon', `${head}x-a : b\r\ncontent-length: 0\r\n\r\n`, 400],
        ['a folded header', `${head}x-a: b\r\n c\r\ncontent-length: 0\r\n\r\n`, 400],
        ['a NUL in a header', `${head}x-a: b\0c\r\ncontent-length: 0\r\n\r\n`, 400],
        ['no host', 'GET /v1/models HTTP/1.1\r\n\r\n', 400],
        ['a header flood', `${head}x-flood: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ])('%s', async (_, bytes, status) => {
        const answer = await exchange(bytes);
        expect(answer.match(/^HTTP\/1\.1 (\d+)/)?.[1]).toBe(String(status));
        expect(answer.toLowerCase()).toContain('connection: close');
        expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
      });

      test.each<[string, string]>([
        ['headers that never end', `${head}x-slow: `],
        ['a body that never ends', `${head}content-length: 100\r\n\r\n{"model":`],
      ])('%s are not waited for', async (_, bytes) => {
        const answer = await exchange(bytes, impatient.url);
        expect(answer).toMatch(/^HTTP\/1\.1 408/);
        expect(answer).toContain('"code":"request_timeout"');
        expect((await chat(impatient.url, { max_tokens: 1 })).status).toBe(200);
      });

      test('garbage behind a good request does not spoil its answer', async () => {
        const request = `${head}content-length: ${good.length}\r\n\r\n${good}`;
        const answer = await exchange(`${request}!!!garbage\r\n\r\n`);
        expect(answer).toMatch(/^HTTP\/1\.1 200/);
        expect(answer.match(/HTTP\/1\.1 2/g)).toHaveLength(1);
      });

      test('pipelined requests are answered in order', async () => {
        const request = (id: string, more = '') =>
          `${head}x-request-id: ${id}\r\n${more}content-length: ${good.length}\r\n\r\n${good}`;
        const answer = await exchange(request('one') + request('two') + request('three', 'connection: close\r\n'));
        expect([...answer.matchAll(/x-request-id: (\w+)/g)].map((match) => match[1])).toEqual(['one', 'two', 'three']);
      });

      test('a caller that vanishes in the middle of its body leaves nothing behind', async () => {
        const socket = connect(Number(new URL(both.url).port), '127.0.0.1');
        await once(socket, 'connect');
        await new Promise<void>((resolve) =>
          socket.write(`${head}content-length: 1000\r\n\r\n{"model"`, () => resolve()),
        );
        socket.destroy();
        await once(socket, 'close');
      });
    });

    /** Sends bytes and reads until the gateway closes. */
    async function exchange(bytes: string, url = both.url): Promise<string> {
      const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('error', () => undefined);
      socket.write(bytes, 'latin1');
      await once(socket, 'close');
      return text;
    }
  });
}
