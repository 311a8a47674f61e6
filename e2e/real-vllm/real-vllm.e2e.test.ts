import { rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@signalbox/runtime';
import { BadRequestError, NotFoundError } from 'openai';
import {
  countsByVersion,
  type Deployed,
  deployed,
  type Installation,
  type Replica,
  startInstallation,
  startLoad,
  until,
} from '../installation/index.ts';
import { type Caller, createCaller, longTokens, messages, wholeStream } from './caller.ts';
import { generatedTokens, runningRequests } from './engine-metrics.ts';
import { realManifests } from './manifests.ts';
import { digestByHand, makeTinyModels } from './tiny-models.ts';

const venv = process.env.SIGNALBOX_REAL_VLLM;
/** Loading Python alone takes an engine half a minute where cores are few. */
const patient = { withinMs: 600_000, everyMs: 100 };
const storyMs = 900_000;

function note(what: string): void {
  process.stdout.write(`real vLLM: ${what}\n`);
}

if (venv === undefined) {
  note(
    'left out: set SIGNALBOX_REAL_VLLM to a venv with vLLM 0.32.0 (docs/verified/vllm-0.32.md tells how to make one)',
  );
  test.skip('a real vLLM (SIGNALBOX_REAL_VLLM names no venv)', () => undefined);
} else {
  tellStory(venv);
}

function tellStory(venv: string): void {
  let signalbox: Installation;
  let story: Deployed;
  let caller: Caller;
  let key: string;
  let models: ReturnType<typeof makeTinyModels>;
  let firstWords: string;

  beforeAll(async () => {
    models = makeTinyModels(venv);
    signalbox = await startInstallation({ env: { PATH: `${join(venv, 'bin')}${delimiter}${process.env.PATH}` } });
    story = deployed(signalbox.client, 'chat');
    key = await signalbox.createKey();
    caller = createCaller(signalbox.gatewayUrl, key);
  }, storyMs);
  afterAll(async () => {
    await signalbox?.stop();
    if (models !== undefined) rmSync(models.dir, { recursive: true });
  }, 120_000);

  async function timed<T>(what: string, work: Promise<T>): Promise<T> {
    const from = systemClock.now();
    const result = await work;
    note(`${what} after ${((systemClock.now() - from) / 1_000).toFixed(1)} s`);
    return result;
  }

  function untilServing(version: string): Promise<Replica & { address: string }> {
    return until(
      `chat serves ${version}`,
      async () => {
        const { split, rollout } = await story.status();
        const replica = (await story.serving(version))[0];
        const whole = split.length === 1 && split[0]?.version === version && rollout?.active !== true;
        if (whole && replica !== undefined && replica.address !== null) return { ...replica, address: replica.address };
        const seen = (await story.replicas()).map(({ version, phase, reason }) => `${version} ${phase} ${reason}`);
        throw new Error(`${rollout?.message}; ${seen.join(', ')}`);
      },
      patient,
    );
  }

  describe('a real vLLM', () => {
    test(
      'serves weights from a folder that were hashed for what they are',
      async () => {
        await signalbox.apply(realManifests(models.folders));
        for (const version of ['v1', 'v2'] as const) {
          const { status } = await signalbox.client.getModelVersion({ params: { name: `tiny-${version}` } });
          expect(status.source).toMatchObject({ digest: digestByHand(models.folders[version]) });
        }
        const replica = await timed('applied, v1 serves', untilServing('v1'));
        expect(replica).toMatchObject({ phase: 'ready', restarts: 0, proofError: null });
        expect(replica.provenAt).not.toBeNull();
        const engine = await (await fetch(`http://${replica.address}/version`)).json();
        note(`the engine says it is ${JSON.stringify(engine)}`);
        expect(engine).toMatchObject({ version: expect.stringMatching(/^0\.32\.0/) });
      },
      storyMs,
    );

    test(
      'answers the official client through the gateway, plain and streamed',
      async () => {
        const asked = caller.openai.chat.completions.create({
          model: 'chat',
          messages,
          max_tokens: 24,
          temperature: 0,
        });
        const { data, response } = await asked.withResponse();
        expect(response.headers.get('x-signalbox-revision')).toBe('chat/1');
        expect(response.headers.get('x-signalbox-model-version')).toBe('v1');
        expect(data.usage?.completion_tokens).toBeGreaterThan(0);
        firstWords = data.choices[0]?.message.content ?? '';
        expect(firstWords).not.toBe('');
        note(`${data.system_fingerprint}, model “${data.model}”, v1 says ${JSON.stringify(firstWords)}`);

        const stream = await timed('first frame of a stream', caller.longStream());
        expect(await timed(`its ${longTokens} tokens`, stream.ended)).toEqual(wholeStream);

        const completion = await caller.openai.completions.create({
          model: 'chat',
          prompt: 'The train',
          max_tokens: 5,
        });
        expect(completion.usage?.prompt_tokens).toBeGreaterThan(0);
        const answer = await caller.openai.responses.create({ model: 'chat', input: 'hello', max_output_tokens: 5 });
        expect(answer.object).toBe('response');
      },
      storyMs,
    );

    test(
      'has its own refusals passed on, byte by byte',
      async () => {
        const [replica] = await story.serving('v1');
        const chatPath = '/v1/chat/completions';
        const bodies: [path: string, body: Record<string, unknown>][] = [
          [chatPath, { messages: [{ role: 'user', content: 'long '.repeat(3_000) }] }],
          [chatPath, { messages, temperature: -3 }],
          [chatPath, { messages, logprobs: 'perhaps' }],
          ['/v1/embeddings', { input: 'x' }],
        ];
        for (const [path, body] of bodies) {
          const direct = await caller.post(`http://${replica?.address}${path}`, { ...body, model: 'tiny' });
          const through = await caller.post(`${signalbox.gatewayUrl}${path}`, { ...body, model: 'chat' });
          note(`${path} ${JSON.stringify(body).slice(0, 60)}: ${through.status} ${through.text.slice(0, 120)}`);
          expect(through).toEqual(direct);
          expect(through.status).toBeGreaterThanOrEqual(400);
        }
        const tooLong = caller.openai.chat.completions.create({ model: 'chat', messages, max_tokens: 5_000 });
        await expect(tooLong).rejects.toBeInstanceOf(BadRequestError);
        const unknown = caller.openai.chat.completions.create({ model: 'tiny', messages });
        await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
        // vLLM lets a parameter pass that it does not know, and so does the gateway.
        const odd = await caller.post(`${signalbox.gatewayUrl}${chatPath}`, {
          model: 'chat',
          messages,
          max_tokens: 1,
          odd: 1,
        });
        expect(odd.status).toBe(200);
      },
      storyMs,
    );

    test(
      'stops working on a stream whose caller has gone',
      async () => {
        const address = (await story.serving('v1'))[0]?.address ?? '';
        const before = await generatedTokens(address);
        const stream = await caller.longStream();
        const tokensSoFar = async () => (await generatedTokens(address)) - before;
        await until('the engine works on it', async () => (await tokensSoFar()) > 0, patient);
        stream.abort();
        await stream.ended.catch(() => undefined);
        // Two looks that find the same: a gauge that reads 0 is not proof enough.
        let last = Number.NaN;
        const idle = async () => {
          const [former, tokens] = [last, await tokensSoFar()];
          last = tokens;
          return tokens === former && (await runningRequests(address)) === 0;
        };
        await timed('abort: idle again', until('the engine is idle', idle, { ...patient, everyMs: 500 }));
        note(`abort: ${last} of ${longTokens} tokens were made`);
        expect(last).toBeLessThan(longTokens);
      },
      storyMs,
    );

    test(
      'is replaced by a canary under traffic, and no request fails',
      async () => {
        const load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', perSecond: 4 });
        try {
          await signalbox.client.promote({ params: { name: 'chat' }, body: { version: 'v2' } });
          await timed('promoted, v2 has all traffic', untilServing('v2'));
        } finally {
          await load.stop();
        }
        const { outcomes } = load;
        note(`requests during the rollout: ${JSON.stringify(countsByVersion(outcomes))}`);
        expect(load.failures).toEqual([]);
        expect(countsByVersion(outcomes)).toEqual({ v1: expect.any(Number), v2: expect.any(Number) });
        expect((await story.rollout()).phase).toBe('completed');
        for (const { kind, reason } of (await story.ledger()).toReversed()) note(`ledger: ${kind}: ${reason}`);
        const now = await caller.words();
        expect(now.version).toBe('v2');
        expect(now.text).not.toBe(firstWords);
        note(`v2 says ${JSON.stringify(now.text)}`);
      },
      storyMs,
    );

    test(
      'gives way to the former version at once, and the streams it has begun go on',
      async () => {
        const stream = await caller.longStream();
        expect(stream.version).toBe('v2');
        const answer = await signalbox.client.rollback({ params: { name: 'chat' }, body: { waitMs: 5_000 } });
        note(`rolled back: ${answer.kind}, acknowledged by every gateway after ${answer.acknowledgedMs} ms`);
        expect(answer).toMatchObject({ kind: 'moved', to: { version: 'v1' }, acknowledgedMs: expect.any(Number) });
        expect(await caller.words()).toEqual({ text: firstWords, version: 'v1' });
        expect(await stream.ended).toEqual(wholeStream);
      },
      storyMs,
    );

    test(
      'finishes what it has begun when it is told to go, and is started again',
      async () => {
        const before = await untilServing('v1');
        const stream = await caller.longStream();
        process.kill(signalbox.replicaPid(before.id) ?? Number.NaN, 'SIGTERM');
        expect(await timed('SIGTERM: the stream is whole', stream.ended)).toEqual(wholeStream);
        const again = await timed(
          'a new process serves',
          until(
            'a second run serves',
            async () => {
              const [replica] = await story.serving('v1');
              return replica !== undefined && replica.restarts > before.restarts && replica;
            },
            patient,
          ),
        );
        expect(again.id).toBe(before.id);
        expect(await caller.words()).toEqual({ text: firstWords, version: 'v1' });
      },
      storyMs,
    );

    test(
      'drains when its deployment is deleted, and leaves nothing behind',
      async () => {
        const stream = await caller.longStream();
        await signalbox.client.deleteRoute({ params: { name: 'chat' } });
        await signalbox.client.deleteDeployment({ params: { name: 'chat' } });
        expect(await stream.ended).toEqual(wholeStream);
        // By themselves: SIGKILL comes only when the drain's minute is over.
        const gone = async () => signalbox.replicaPids().length === 0;
        await timed('deleted: every process has ended', until('no process is left', gone, { withinMs: 60_000 }));
      },
      storyMs,
    );
  });
}
