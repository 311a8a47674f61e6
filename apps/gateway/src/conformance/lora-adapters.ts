import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import OpenAI, { NotFoundError } from 'openai';
import { backendOf, keyOf, routeOf, snapshotOf, startBoth, until } from '../gateway.fixture.ts';
import type { Path } from './path.ts';

/** Engines have LoRA adapters beside their model, not all of them the same; callers name one `route:adapter`. */
export function loraAdapters(path: Path): void {
  describe('LoRA adapters', () => {
    let engines: SimulatedEngine[];
    let both: Awaited<ReturnType<typeof startBoth>>;
    let client: OpenAI;

    const engineWith = (...adapters: string[]) =>
      startSimulatedEngine({
        args: ['serve', 'org/tiny', '--served-model-name', 'tiny', '--enable-lora', '--lora-modules', ...adapters],
        simulation: { decodeMsPerToken: 0, prefillMsPerToken: 0 },
      });
    const messages = [{ role: 'user' as const, content: 'Say something.' }];
    const names = async () => (await client.models.list()).data.map(({ id }) => id);

    beforeAll(async () => {
      engines = await Promise.all([engineWith('law=/law'), engineWith('law=/law', 'sql=/sql')]);
      const route = routeOf([
        backendOf({ revisionId: 'stable', at: [engines[0]?.url ?? ''] }),
        backendOf({ revisionId: 'canary', revision: 2, at: [engines[1]?.url ?? ''] }),
      ]);
      const split = [
        { revisionId: 'stable', weight: 9_000 },
        { revisionId: 'canary', weight: 1_000 },
      ];
      const keys = [keyOf('mine', { routes: ['chat'] })];
      both = await startBoth(snapshotOf([{ ...route, split, access: 'keys' }], { keys }), path);
      client = new OpenAI({ apiKey: 'mine', baseURL: `${both.url}/v1`, maxRetries: 0 });
      await until('the engines have said what they have', async () => (await names()).length === 3);
    });
    afterAll(async () => {
      await both.stop();
      await Promise.all(engines.map((engine) => engine.close()));
    });

    test('are listed beside their route and shown by name', async () => {
      expect(await names()).toEqual(['chat', 'chat:law', 'chat:sql']);
      expect(await client.models.retrieve('chat:sql')).toMatchObject({ id: 'chat:sql', object: 'model' });
    });

    test('a request goes where its adapter is, and its answer names it as the caller did', async () => {
      for (let asked = 0; asked < 6; asked++) {
        const { data, response } = await client.chat.completions
          .create({ model: 'chat:sql', messages, max_tokens: 4 })
          .withResponse();
        expect(response.headers.get('x-signalbox-revision')).toBe('chat/2');
        expect(data.model).toBe('chat:sql');
        expect(data.usage?.completion_tokens).toBe(4);
      }
    });

    test('so does a stream', async () => {
      const stream = await client.chat.completions.create({ model: 'chat:sql', messages, max_tokens: 4, stream: true });
      const told = new Set<string>();
      for await (const { model } of stream) told.add(model);
      expect([...told]).toEqual(['chat:sql']);
    });

    test('the model itself and adapters that all have are split as ever', async () => {
      const revisions = async (model: string) => {
        const met = new Set<string | null>();
        for (let asked = 0; asked < 30; asked++) {
          const { response } = await client.chat.completions.create({ model, messages, max_tokens: 1 }).withResponse();
          met.add(response.headers.get('x-signalbox-revision'));
        }
        return [...met].sort();
      };
      expect(await revisions('chat')).toEqual(['chat/1', 'chat/2']);
      expect(await revisions('chat:law')).toEqual(['chat/1', 'chat/2']);
    });

    test.each(['chat:art', 'chat:', ':sql', 'other:sql', 'chat:sql:sql'])('%j is no model', async (model) => {
      await expect(client.chat.completions.create({ model, messages })).rejects.toThrow(NotFoundError);
      await expect(client.models.retrieve(model)).rejects.toThrow(NotFoundError);
    });
  });
}
