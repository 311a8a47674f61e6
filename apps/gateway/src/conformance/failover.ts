import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type SimulatedEngine,
  type SimulatedEngineOptions,
  startSimulatedEngine,
} from '@signalbox/testkit/simulated-engine';
import { backendOf, chat, routeOf, serve, snapshotOf, startBoth, until } from '../gateway.fixture.ts';
import type { Path } from './path.ts';

export function failover(path: Path): void {
  describe('failover', () => {
    const stops: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const stop of stops.splice(0).reverse()) await stop();
    });

    async function engine(options: SimulatedEngineOptions = {}): Promise<SimulatedEngine> {
      const started = await startSimulatedEngine({
        args: ['serve', 'org/tiny', '--served-model-name', 'tiny'],
        ...options,
      });
      stops.push(() => started.close());
      return started;
    }

    async function gatewayOver(...[snapshot, change]: Parameters<typeof startBoth>) {
      const both = await startBoth(snapshot, { ...path, ...change });
      stops.push(() => both.stop());
      return both;
    }

    type Both = Awaited<ReturnType<typeof gatewayOver>>;
    const countsOf = (both: Both, revisionId: string) =>
      both.controlPlane.last?.revisions.find((row) => row.revisionId === revisionId);
    const replicaOf = (both: Both, { port }: { port: number }) =>
      both.controlPlane.last?.replicas.find(({ replicaId }) => replicaId.endsWith(`-${port}`));

    async function statusOf(url: string): Promise<number> {
      const answer = await chat(url, { max_tokens: 2 });
      await answer.text();
      return answer.status;
    }

    /** A stable revision and a canary, each with one replica. */
    const canaryRoute = (stable: string, canary: string, weight: number) =>
      routeOf(
        [
          backendOf({ revisionId: 'stable', at: [stable] }),
          backendOf({ revisionId: 'canary', revision: 2, version: 'v2', at: [canary] }),
        ],
        {
          split: [
            { revisionId: 'stable', weight: 10_000 - weight },
            { revisionId: 'canary', weight },
          ],
        },
      );

    describe('splitting', () => {
      test('2,000 requests follow the weights, and the replicas of a revision share evenly', async () => {
        const seen: Record<string, number> = {};
        const counting = (name: string) =>
          serve((request, response) => {
            if (request.method === 'POST') seen[name] = (seen[name] ?? 0) + 1;
            request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
          });
        const servers = await Promise.all(['a1', 'a2', 'b1'].map(counting));
        for (const server of servers) stops.push(() => server.close());
        const [a1, a2, b1] = servers.map(({ url }) => url) as [string, string, string];
        const route = routeOf(
          [backendOf({ revisionId: 'a', at: [a1, a2] }), backendOf({ revisionId: 'b', at: [b1] })],
          {
            split: [
              { revisionId: 'a', weight: 9_000 },
              { revisionId: 'b', weight: 1_000 },
            ],
          },
        );
        const { url } = await gatewayOver(snapshotOf([route]));
        for (let round = 0; round < 100; round++)
          await Promise.all(Array.from({ length: 20 }, async () => (await chat(url)).text()));
        expect(Math.abs((seen.b1 ?? 0) - 200)).toBeLessThanOrEqual(5);
        expect(Math.abs((seen.a1 ?? 0) - 900)).toBeLessThanOrEqual(30);
        expect((seen.a1 ?? 0) + (seen.a2 ?? 0) + (seen.b1 ?? 0)).toBe(2_000);
      });
    });

    // Engines here die at their 40th token: at the third, on a busy machine, they took the first two with them.
    describe('a replica that dies', () => {
      test('under load fails no request that had not begun', async () => {
        const [dying, living] = [
          await engine({ faults: { slowFirstTokenMs: 50 } }),
          await engine({ faults: { slowFirstTokenMs: 50 } }),
        ];
        const both = await gatewayOver(
          snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [dying.url, living.url] })])]),
        );
        const answers: Promise<number>[] = [];
        for (let sent = 0; sent < 120; sent++) {
          answers.push(statusOf(both.url));
          if (sent === 60) {
            await until('both work', () => dying.stats().running > 0 && living.stats().running > 0);
            await dying.close();
          }
        }
        expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
        await until('it is ejected', () => replicaOf(both, dying)?.ejected === true);
      });

      test('while it streams ends the stream in exactly one error event', async () => {
        const broken = await engine({ faults: { failAfterTokens: 40 } });
        const both = await gatewayOver(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [broken.url] })])]));
        const text = await (await chat(both.url, { stream: true, max_tokens: 200, ignore_eos: true })).text();
        const frames = text.split('\n\n').filter((frame) => frame !== '');
        expect(frames.filter((frame) => frame.includes('"error"'))).toHaveLength(1);
        expect(JSON.parse((frames.at(-1) ?? '').slice('data: '.length))).toMatchObject({
          error: { type: 'server_error', code: 'upstream_failed' },
        });
        for (const frame of frames) expect(() => JSON.parse(frame.slice('data: '.length))).not.toThrow();
        await until('it is reported', () => countsOf(both, 'rev-1')?.errors === 1);
        expect(countsOf(both, 'rev-1')).toMatchObject({ requests: 1, rescued: 0 });
      });

      test('while it streams to an Anthropic client says so in its dialect', async () => {
        const broken = await engine({ faults: { failAfterTokens: 40 } });
        const both = await gatewayOver(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [broken.url] })])]));
        const answer = await fetch(`${both.url}/v1/messages`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
          body: JSON.stringify({
            model: 'chat',
            max_tokens: 200,
            ignore_eos: true,
            stream: true,
            messages: [{ role: 'user', content: 'x' }],
          }),
        });
        const text = await answer.text();
        expect(text.match(/event: error\n/g)).toHaveLength(1);
        expect(text.split('event: error\ndata: ')[1]).toContain('"type":"api_error"');
      });

      test('in the middle of its refusal leaves the whole answer to another', async () => {
        const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
        let refused = 0;
        const refusesInPart = await serve((request, response) => {
          if (request.method === 'GET') return void response.end();
          refused++;
          response.writeHead(400, { 'content-type': 'application/json', 'content-length': 500 });
          response.write('{"error":{"message":"no', () => response.destroy());
        });
        const answers = await serve((request, response) => {
          if (request.method === 'GET') return void response.end();
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices: [], usage }));
        });
        for (const server of [refusesInPart, answers]) stops.push(() => server.close());
        const both = await gatewayOver(
          snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [refusesInPart.url, answers.url] })])]),
        );
        for (let sent = 0; refused === 0; sent++) {
          const answer = await chat(both.url);
          expect([sent, answer.status, await answer.json()]).toEqual([sent, 200, { choices: [], usage }]);
        }
      });

      test('in the middle of a plain answer breaks the connection instead of passing a part for the whole', async () => {
        const half = await serve((request, response) => {
          if (request.method === 'GET') return void response.end();
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"half":');
          response.once('drain', () => undefined);
          setImmediate(() => response.destroy());
        });
        stops.push(() => half.close());
        const both = await gatewayOver(
          snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', servedModelName: 'chat', at: [half.url] })])]),
        );
        await expect(chat(both.url).then((answer) => answer.text())).rejects.toThrow();
      });
    });

    describe('a canary that fails', () => {
      test('every request before its first byte hurts no caller and is counted against the canary', async () => {
        const [stable, canary] = [await engine(), await engine({ faults: { failRate: 1 } })];
        const both = await gatewayOver(snapshotOf([canaryRoute(stable.url, canary.url, 5_000)]));
        for (let sent = 0; sent < 8; sent++) {
          const answer = await chat(both.url, { max_tokens: 1 });
          expect(answer.status).toBe(200);
          expect(answer.headers.get('x-signalbox-revision')).toBe('chat/1');
          await answer.text();
        }
        await until('it is reported', () => (countsOf(both, 'canary')?.rescued ?? 0) >= 3);
        expect(countsOf(both, 'canary')?.errors).toBe(countsOf(both, 'canary')?.rescued);
        expect(countsOf(both, 'canary')?.ttft.count).toBe(0);
        expect(countsOf(both, 'stable')).toMatchObject({ requests: 8, errors: 0 });
      });

      test('is ejected while its health path says 200, and comes back once it works', async () => {
        const [stable, canary] = [await engine(), await engine({ faults: { healthLies: true } })];
        const both = await gatewayOver(snapshotOf([canaryRoute(stable.url, canary.url, 5_000)]));
        await until('it is ejected', async () => {
          expect((await chat(both.url, { max_tokens: 1 })).status).toBe(200);
          return replicaOf(both, canary)?.ejected === true;
        });
        canary.setFaults({ healthLies: false });
        await until('it is back', () => replicaOf(both, canary)?.ejected === false);
        await until(
          'it serves',
          async () => (await chat(both.url, { max_tokens: 1 })).headers.get('x-signalbox-revision') === 'chat/2',
        );
      });

      test('by never answering is given up at the route’s bound', async () => {
        const [stable, canary] = [await engine(), await engine({ faults: { hang: true, healthLies: true } })];
        const route = {
          ...canaryRoute(stable.url, canary.url, 9_000),
          timeouts: { firstByteMs: 1_000, betweenBytesMs: 5_000, totalMs: 8_000 },
        };
        const both = await gatewayOver(snapshotOf([route]));
        const answer = await chat(both.url, { max_tokens: 1 });
        expect(answer.status).toBe(200);
        await until('the engine was told', () => canary.stats().running === 0);
      });
    });

    describe('an engine that is full', () => {
      const full = async (retryAfter?: string) => {
        let asked = 0;
        const server = await serve((request, response) => {
          if (request.method === 'GET') return void response.end();
          asked++;
          request.resume().on('end', () => {
            response.writeHead(429, {
              ...(retryAfter && { 'retry-after': retryAfter }),
              'content-type': 'application/json',
            });
            response.end('{"error":{"message":"queue full","code":429}}');
          });
        });
        stops.push(() => server.close());
        return { url: server.url, asked: () => asked };
      };

      test('is passed over for one that has room, and is neither at fault nor ejected', async () => {
        const [one, roomy] = [await full(), await engine()];
        const both = await gatewayOver(
          snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [one.url, roomy.url] })])]),
        );
        for (let sent = 0; sent < 8; sent++) expect(await statusOf(both.url)).toBe(200);
        expect(one.asked()).toBeGreaterThan(0);
        await until('all is reported', () => (countsOf(both, 'rev-1')?.requests ?? 0) >= 8 + one.asked());
        expect(countsOf(both, 'rev-1')).toMatchObject({ errors: 0, rescued: 0 });
        expect(both.controlPlane.last?.replicas.some(({ ejected }) => ejected)).toBe(false);
      });

      test('beside another one is passed on, with the time it named', async () => {
        const [one, other] = [await full('7'), await full('7')];
        const both = await gatewayOver(
          snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [one.url, other.url] })])]),
        );
        const answer = await chat(both.url);
        expect(answer.status).toBe(429);
        expect(answer.headers.get('retry-after')).toBe('7');
        expect(await answer.json()).toMatchObject({ error: { type: 'rate_limit_error', message: 'queue full' } });
        expect([one.asked(), other.asked()]).toEqual([1, 1]);
      });

      test('and alone is asked once', async () => {
        const one = await full();
        const both = await gatewayOver(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [one.url] })])]));
        const answer = await chat(both.url);
        expect([answer.status, answer.headers.get('retry-after'), one.asked()]).toEqual([429, null, 1]);
      });
    });

    describe('when no try is left', () => {
      test.each([
        ['an engine’s 500 keeps its status', { failRate: 1 }, 500, 'upstream_failed'],
        ['an engine that never answers is a 504', { hang: true, healthLies: true }, 504, 'upstream_timeout'],
      ])('%s', async (_, faults, status, code) => {
        const [one, other] = [await engine({ faults }), await engine({ faults })];
        const route = routeOf([backendOf({ revisionId: 'rev-1', at: [one.url, other.url] })], {
          timeouts: { firstByteMs: 150, betweenBytesMs: 500, totalMs: 5_000 },
        });
        const both = await gatewayOver(snapshotOf([route]));
        const answer = await chat(both.url);
        expect(answer.status).toBe(status);
        expect(answer.headers.get('x-should-retry')).toBe('false');
        const body = await answer.text();
        expect(JSON.parse(body)).toMatchObject({ error: { type: 'server_error', code } });
        expect(body).not.toMatch(/127\.0\.0\.1|rev-1|tiny/);
      });

      test('unreachable replicas are a 502', async () => {
        const gone = await engine();
        await gone.close();
        const both = await gatewayOver(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [gone.url] })])]));
        expect((await chat(both.url)).status).toBe(502);
      });

      test('the last replica is used although it is ejected', async () => {
        const only = await engine({ faults: { failRate: 1 } });
        const both = await gatewayOver(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [only.url] })])]));
        for (let sent = 0; sent < 6; sent++) expect((await chat(both.url)).status).toBe(500);
        await until('it is ejected', () => replicaOf(both, only)?.ejected === true);
        only.setFaults({ failRate: 0 });
        expect((await chat(both.url)).status).toBe(200);
      });
    });

    describe('draining', () => {
      test('a draining replica finishes its stream and gets nothing new; its end is reported at once', async () => {
        const [leaving, staying] = [await engine(), await engine()];
        const backend = backendOf({ revisionId: 'rev-1', at: [leaving.url] });
        const both = await gatewayOver(snapshotOf([routeOf([backend])]));
        const stream = await chat(both.url, { stream: true, max_tokens: 150, ignore_eos: true });
        const replicas = [
          ...backend.replicas.map((replica) => ({ ...replica, state: 'draining' as const })),
          ...backendOf({ revisionId: 'rev-1', at: [staying.url] }).replicas,
        ];
        both.controlPlane.publish(snapshotOf([routeOf([{ ...backend, replicas }])], { number: 2 }));
        await until('it is acknowledged', () => both.controlPlane.last?.applied.number === 2);
        expect(replicaOf(both, leaving)?.inFlight).toBe(1);
        for (let sent = 0; sent < 5; sent++)
          expect((await chat(both.url, { max_tokens: 1 })).headers.get('x-signalbox-replica')).toBe(
            `rev-1-${staying.port}`,
          );
        expect((await stream.text()).trimEnd().endsWith('data: [DONE]')).toBe(true);
        await until('it is idle', () => replicaOf(both, leaving)?.inFlight === 0);
      });

      test('a replica that vanished from the snapshot keeps its running requests and is told of until they end', async () => {
        const [leaving, staying] = [await engine(), await engine()];
        const both = await gatewayOver(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [leaving.url] })])]));
        const stream = await chat(both.url, { stream: true, max_tokens: 150, ignore_eos: true });
        both.controlPlane.publish(
          snapshotOf([routeOf([backendOf({ revisionId: 'rev-2', at: [staying.url] })])], { number: 2 }),
        );
        await until('it is acknowledged', () => both.controlPlane.last?.applied.number === 2);
        expect(replicaOf(both, leaving)?.inFlight).toBe(1);
        expect((await stream.text()).trimEnd().endsWith('data: [DONE]')).toBe(true);
        await until('it is forgotten', () => replicaOf(both, leaving) === undefined);
      });

      test('an admitting replica is checked and gets no traffic', async () => {
        const [serving, fresh] = [await engine(), await engine()];
        const backend = backendOf({ revisionId: 'rev-1', at: [serving.url] });
        const replicas = [
          ...backend.replicas,
          ...backendOf({ revisionId: 'rev-1', at: [fresh.url] }).replicas.map((replica) => ({
            ...replica,
            state: 'admitting' as const,
          })),
        ];
        const both = await gatewayOver(snapshotOf([routeOf([{ ...backend, replicas }])]));
        expect(replicaOf(both, fresh)?.admitted).toBe(true);
        for (let sent = 0; sent < 6; sent++)
          expect((await chat(both.url, { max_tokens: 1 })).headers.get('x-signalbox-replica')).toBe(
            `rev-1-${serving.port}`,
          );
      });
    });
  });
}
