import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError } from 'openai';
import { backendOf, routeOf, snapshotOf, startBoth, until } from '../gateway.fixture.ts';
import type { Path } from './path.ts';

export function openaiClient(path: Path): void {
  describe('the OpenAI client', () => {
    const secret = 'sbk_everything';
    const narrow = 'sbk_other_only';
    const hash = (key: string) => createHash('sha256').update(key).digest('hex');

    let engine: SimulatedEngine;
    let both: Awaited<ReturnType<typeof startBoth>>;
    let client: OpenAI;

    beforeAll(async () => {
      engine = await startSimulatedEngine({ args: ['serve', 'org/tiny', '--served-model-name', 'tiny'] });
      const backends = [backendOf({ revisionId: 'rev-1', at: [engine.url] })];
      const snapshot = snapshotOf(
        [
          routeOf(backends, { access: 'keys' }),
          routeOf(backends, { id: 'route-other', name: 'other', access: 'keys' }),
          routeOf([], { id: 'route-cold', name: 'cold', access: 'keys', split: [] }),
          routeOf(backends, { id: 'route-foreign', name: 'foreign', project: 'b', access: 'keys' }),
        ],
        {
          keys: [
            { id: 'k-1', project: 'default', hash: hash(secret), routes: ['*'], expiresAt: null },
            { id: 'k-2', project: 'default', hash: hash(narrow), routes: ['other'], expiresAt: null },
            { id: 'k-3', project: 'default', hash: hash('sbk_expired'), routes: ['*'], expiresAt: 1_000 },
          ],
        },
      );
      both = await startBoth(snapshot, path);
      client = clientWith(secret);
    });
    afterAll(async () => {
      await both.stop();
      await engine.close();
    });

    const clientWith = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${both.url}/v1`, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Say something.' }];

    describe('the official OpenAI client', () => {
      test('gets a chat completion and learns who gave it', async () => {
        const { data, response } = await client.chat.completions
          .create({ model: 'chat', messages, max_tokens: 5 })
          .withResponse();
        expect(data.choices[0]?.message.content).not.toBe('');
        expect(data.usage?.completion_tokens).toBe(5);
        expect(response.headers.get('x-signalbox-revision')).toBe('chat/1');
        expect(response.headers.get('x-signalbox-model-version')).toBe('v1');
        expect(response.headers.get('x-signalbox-replica')).toBe(`rev-1-${engine.port}`);
        expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
        expect(response.headers.get('server')).toBeNull();
      });

      test('keeps the request id it sent', async () => {
        const { response } = await client.chat.completions
          .create({ model: 'chat', messages, max_tokens: 1 }, { headers: { 'x-request-id': 'mine-1' } })
          .withResponse();
        expect(response.headers.get('x-request-id')).toBe('mine-1');
      });

      test('streams to the end, with usage', async () => {
        const stream = await client.chat.completions.create({
          model: 'chat',
          messages,
          max_tokens: 12,
          stream: true,
          stream_options: { include_usage: true },
        });
        let text = '';
        let usage: number | undefined;
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? '';
          usage = chunk.usage?.completion_tokens ?? usage;
        }
        expect(text).not.toBe('');
        expect(usage).toBe(12);
      });

      test('gets plain completions', async () => {
        const answer = await client.completions.create({ model: 'chat', prompt: 'Once', max_tokens: 3 });
        expect(answer.usage?.completion_tokens).toBe(3);
      });

      test('reads the engine’s own refusal, unchanged', async () => {
        const asked = client.embeddings.create({ model: 'chat', input: 'x' });
        await expect(asked).rejects.toBeInstanceOf(OpenAI.APIError);
        const bad = client.chat.completions.create({ model: 'chat', messages, temperature: -5 });
        await expect(bad).rejects.toBeInstanceOf(BadRequestError);
      });

      test('lists the models its key may use, the cold one too', async () => {
        const ids = async (openai: OpenAI) => (await openai.models.list()).data.map(({ id }) => id);
        expect(await ids(client)).toEqual(['chat', 'other', 'cold']);
        expect(await ids(clientWith(narrow))).toEqual(['other']);
        expect(await client.models.retrieve('chat')).toMatchObject({
          id: 'chat',
          object: 'model',
          owned_by: 'default',
        });
        await expect(client.models.retrieve('foreign')).rejects.toBeInstanceOf(NotFoundError);
      });

      test.each([
        ['a wrong key', 'sbk_wrong', 'chat', AuthenticationError, 'invalid_api_key'],
        ['an expired key', 'sbk_expired', 'chat', AuthenticationError, 'invalid_api_key'],
        ['a key for another route', narrow, 'chat', PermissionDeniedError, 'permission_denied'],
        ['another project’s route', secret, 'foreign', NotFoundError, 'model_not_found'],
        ['an unknown model', secret, 'nope', NotFoundError, 'model_not_found'],
      ])('%s is told as its own kind of error', async (_, apiKey, model, kind, code) => {
        const failed = await clientWith(apiKey)
          .chat.completions.create({ model, messages })
          .catch((error: unknown) => error);
        expect(failed).toBeInstanceOf(kind);
        expect(failed).toMatchObject({ code });
      });

      test('a model that nothing serves says when to come back', async () => {
        const failed = await client.chat.completions
          .create({ model: 'cold', messages })
          .catch((error: unknown) => error);
        expect(failed).toMatchObject({ status: 503, code: 'no_replica' });
        expect((failed as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after')).toBe('1');
      });

      test('an abort reaches the engine and is no error of the revision', async () => {
        const before = both.controlPlane.last?.revisions[0];
        const stream = await client.chat.completions.create({
          model: 'chat',
          messages,
          max_tokens: 2_000,
          stream: true,
        });
        for await (const _ of stream) break;
        stream.controller.abort();
        await until('the engine has stopped', () => engine.stats().running === 0);
        await until(
          'the cancel is reported',
          () => (both.controlPlane.last?.revisions[0]?.cancelled ?? 0) > (before?.cancelled ?? 0),
        );
        expect(both.controlPlane.last?.revisions[0]?.errors).toBe(before?.errors ?? 0);
      });

      test('Responses stream through', async () => {
        const events = await client.responses.create({
          model: 'chat',
          input: 'hi',
          max_output_tokens: 6,
          stream: true,
        });
        const types: string[] = [];
        for await (const event of events) types.push(event.type);
        expect(types[0]).toBe('response.created');
        expect(types.at(-1)).toMatch(/^response\.(completed|incomplete)$/);
      });

      test('the key never reaches the engine or the log', () => {
        expect(JSON.stringify(both.running.lines)).not.toContain('sbk_');
        expect(both.running.lines.some(({ message }) => message === 'request')).toBe(true);
      });
    });
  });
}
