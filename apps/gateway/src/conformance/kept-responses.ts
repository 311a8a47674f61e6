import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import OpenAI, { APIError } from 'openai';
import { backendOf, keyOf, routeOf, snapshotOf, startBoth, until } from '../gateway.fixture.ts';
import type { Path } from './path.ts';

/** Engines keep responses each for itself, and callers go on from them as if there were one engine. */
export function keptResponses(path: Path): void {
  describe('responses that engines keep', () => {
    let engines: SimulatedEngine[];
    let both: Awaited<ReturnType<typeof startBoth>>;
    let client: OpenAI;

    const clientWith = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${both.url}/v1`, maxRetries: 0 });
    /** Four replicas of which those given are there, under a name that is longer than the engine's. */
    const snapshotWith = (live: readonly SimulatedEngine[], number: number) => {
      const backends = [backendOf({ revisionId: 'rev-1', at: live.map(({ url }) => url) })];
      const routes = ['chat', 'other'].map((name) => routeOf(backends, { id: `route-${name}`, name, access: 'keys' }));
      return snapshotOf(routes, {
        number,
        keys: [keyOf('mine', { routes: ['chat'] }), keyOf('nobody', { routes: [] })],
      });
    };

    beforeAll(async () => {
      engines = await Promise.all(
        Array.from({ length: 4 }, () =>
          startSimulatedEngine({
            args: ['serve', 'org/tiny', '--served-model-name', 'tiny'],
            env: { VLLM_ENABLE_RESPONSES_API_STORE: '1' },
            simulation: { decodeMsPerToken: 0, prefillMsPerToken: 0 },
          }),
        ),
      );
      both = await startBoth(snapshotWith(engines, 1), path);
      client = clientWith('mine');
    });
    afterAll(async () => {
      await both.stop();
      await Promise.all(engines.map((engine) => engine.close()));
    });

    const ask = (change: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming> = {}) =>
      client.responses.create({ model: 'chat', input: 'hi', max_output_tokens: 6, ...change }).withResponse();
    const replicaOf = (response: Response) => response.headers.get('x-signalbox-replica');
    async function refusal(answer: Promise<unknown>) {
      const error = await answer.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof APIError)) throw new Error(`not refused: ${error}`);
      return { status: error.status, code: error.code, param: error.param };
    }

    test('each turn of a conversation goes to the replica that has the one before', async () => {
      // At once, so that they are not all placed where there is least to do.
      const begun = await Promise.all(Array.from({ length: 8 }, (_, at) => ask({ input: `${at} is where I begin` })));
      expect(new Set(begun.map(({ response }) => replicaOf(response))).size).toBeGreaterThan(1);
      for (let { data, response } of begun) {
        const keeper = replicaOf(response);
        for (let turn = 0; turn < 3; turn++) {
          const before = data;
          ({ data, response } = await ask({ previous_response_id: before.id }));
          expect(replicaOf(response)).toBe(keeper);
          expect(data.previous_response_id).toBe(before.id);
          expect(data.usage?.input_tokens).toBeGreaterThan(before.usage?.input_tokens ?? 0);
        }
      }
    });

    test('a stream’s id does as well, and so does going on as a stream', async () => {
      const ids = async (previous?: string): Promise<string[]> => {
        const events = await client.responses.create({
          model: 'chat',
          input: 'hi',
          max_output_tokens: 4,
          stream: true,
          ...(previous === undefined ? {} : { previous_response_id: previous }),
        });
        const told: string[] = [];
        for await (const event of events) if ('response' in event) told.push(event.response.id);
        return [...new Set(told)];
      };
      const [first, ...others] = await ids();
      expect(others).toEqual([]);
      expect(first).toMatch(/^resp_.+_sbx[0-9a-f]{8}$/);
      expect(await ids(first)).toHaveLength(1);
    });

    test('is shown to whom may call its model, and counted once', async () => {
      const { data, response } = await ask({ input: 'show me' });
      const shown = await client.responses.retrieve(data.id).withResponse();
      expect(shown.data).toEqual(data);
      expect(replicaOf(shown.response)).toBe(replicaOf(response));
      const lineOf = (of: Response) =>
        both.running.lines.find(({ requestId }) => requestId === of.headers.get('x-request-id'));
      expect(lineOf(response)).toMatchObject({ outputTokens: 6, usage: 'exact' });
      expect(lineOf(shown.response)).toMatchObject({ outputTokens: 0, inputTokens: 0, usage: 'none' });
      expect(await refusal(clientWith('nobody').responses.retrieve(data.id))).toMatchObject({ status: 404 });
    });

    test('what is not to be stored keeps the id that its engine gave', async () => {
      const { data } = await ask({ store: false });
      expect(data.id).not.toContain('_sbx');
      expect(await refusal(client.responses.retrieve(data.id))).toMatchObject({
        status: 404,
        code: 'response_not_found',
      });
    });

    test('an id that no engine knows is refused by the engine', async () => {
      expect(await refusal(ask({ previous_response_id: 'resp_unknown' }))).toMatchObject({ status: 404 });
    });

    test.each(['', '/', '/cancel', '/input_items', '?stream=true'])(
      'GET of an unknown one with %j is 404',
      async (end) => {
        const headers = { authorization: 'Bearer mine' };
        const answer = await fetch(`${both.url}/v1/responses/resp_1${end}`, { headers });
        expect(answer.status).toBe(404);
      },
    );

    test('an answer in the background is refused: nobody would count its tokens', async () => {
      expect(await refusal(ask({ background: true }))).toMatchObject({ status: 400, param: 'background' });
    });

    test('with its replica gone it is 404, and no outage of the model', async () => {
      const { data, response } = await ask({ input: 'stay' });
      const keeper = replicaOf(response);
      const live = engines.filter(({ port }) => keeper?.endsWith(`-${port}`) !== true);
      both.controlPlane.publish(snapshotWith(live, 2));
      await until('it is gone', () => both.controlPlane.last?.applied.number === 2);
      expect(await refusal(ask({ previous_response_id: data.id }))).toEqual({
        status: 404,
        code: 'previous_response_not_found',
        param: 'previous_response_id',
      });
      expect(await refusal(client.responses.retrieve(data.id))).toMatchObject({ status: 404 });
      const reports = both.controlPlane.reports.length;
      await until('it is reported', () => both.controlPlane.reports.length > reports + 1);
      expect(both.controlPlane.last?.routes.map(({ unserved }) => unserved)).toEqual([0, 0]);
    });
  });
}
