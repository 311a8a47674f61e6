import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@signalbox/runtime';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
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
import { aborted, running } from './engine-metrics.ts';
import { realManifests } from './manifests.ts';
import { digestByHand, makeTinyModels } from './tiny-models.ts';

const venv = process.env.SIGNALBOX_REAL_VLLM;
/** Loading Python alone takes an engine half a minute where cores are few. */
const patient = { withinMs: 600_000, everyMs: 100 };
const storyMs = 900_000;
/** With `ignore_eos`, as many tokens as asked for: some seconds of work. */
const longTokens = 900;
const messages = [{ role: 'user' as const, content: 'Say something about the harbour.' }];

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
  let openai: OpenAI;
  let key: string;
  let models: ReturnType<typeof makeTinyModels>;
  let firstWords: string;

  beforeAll(async () => {
    models = makeTinyModels(venv);
    signalbox = await startInstallation({ env: { PATH: `${join(venv, 'bin')}${delimiter}${process.env.PATH}` } });
    story = deployed(signalbox.client, 'chat');
    key = await signalbox.createKey();
    openai = new OpenAI({ apiKey: key, baseURL: `${signalbox.gatewayUrl}/v1`, maxRetries: 0 });
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

  /** The same weights say the same: what they say tells who answered, whatever a header claims. */
  async function words(): Promise<{ text: string; version: string | null }> {
    const asked = openai.chat.completions.create({ model: 'chat', messages, max_tokens: 24, temperature: 0 });
    const { data, response } = await asked.withResponse();
    return {
      text: data.choices[0]?.message.content ?? '',
      version: response.headers.get('x-signalbox-model-version'),
    };
  }

  /** A stream of some seconds. `begun` settles with its first frame, `ended` with what came in all. */
  async function longStream() {
    const body = { model: 'chat', messages, max_tokens: longTokens, stream: true as const, ignore_eos: true };
    const usage = { stream_options: { include_usage: true } };
    const { data, response } = await openai.chat.completions.create({ ...body, ...usage }).withResponse();
    const frames = data[Symbol.asyncIterator]();
    await frames.next();
    const ended = (async () => {
      let finishReason: string | undefined;
      let tokens: number | undefined;
      for (let frame = await frames.next(); frame.done !== true; frame = await frames.next()) {
        finishReason = frame.value.choices[0]?.finish_reason ?? finishReason;
        tokens = frame.value.usage?.completion_tokens ?? tokens;
      }
      return { finishReason, tokens };
    })();
    return { version: response.headers.get('x-signalbox-model-version'), abort: () => data.controller.abort(), ended };
  }
  const whole = { finishReason: 'length', tokens: longTokens };

  /** The logs of all engines so far, ended ones too. */
  function engineLogs(): string {
    const folder = join(signalbox.dir, 'cluster', 'local', 'logs');
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
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
        const asked = openai.chat.completions.create({ model: 'chat', messages, max_tokens: 24, temperature: 0 });
        const { data, response } = await asked.withResponse();
        expect(response.headers.get('x-signalbox-revision')).toBe('chat/1');
        expect(response.headers.get('x-signalbox-model-version')).toBe('v1');
        expect(data.usage?.completion_tokens).toBeGreaterThan(0);
        firstWords = data.choices[0]?.message.content ?? '';
        expect(firstWords).not.toBe('');
        note(`${data.system_fingerprint}, model “${data.model}”, v1 says ${JSON.stringify(firstWords)}`);

        const stream = await timed('first frame of a stream', longStream());
        expect(await timed(`its ${longTokens} tokens`, stream.ended)).toEqual(whole);

        const completion = await openai.completions.create({ model: 'chat', prompt: 'The train', max_tokens: 5 });
        expect(completion.usage?.prompt_tokens).toBeGreaterThan(0);
        const answer = await openai.responses.create({ model: 'chat', input: 'hello', max_output_tokens: 5 });
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
          const direct = await post(`http://${replica?.address}${path}`, { ...body, model: 'tiny' });
          const through = await post(`${signalbox.gatewayUrl}${path}`, { ...body, model: 'chat' });
          note(`${path} ${JSON.stringify(body).slice(0, 60)}: ${through.status} ${through.text.slice(0, 120)}`);
          expect(through).toEqual(direct);
          expect(through.status).toBeGreaterThanOrEqual(400);
        }
        const tooLong = openai.chat.completions.create({ model: 'chat', messages, max_tokens: 5_000 });
        await expect(tooLong).rejects.toBeInstanceOf(BadRequestError);
        const unknown = openai.chat.completions.create({ model: 'tiny', messages });
        await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
        // vLLM lets a parameter pass that it does not know, and so does the gateway.
        const odd = await post(`${signalbox.gatewayUrl}${chatPath}`, {
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
        const before = await aborted(address);
        const stream = await longStream();
        await until('the engine works on it', async () => (await running(address)) === 1, patient);
        stream.abort();
        await stream.ended.catch(() => undefined);
        await timed(
          'abort: idle again',
          until('idle', async () => (await running(address)) === 0, patient),
        );
        await until('it counts as aborted', async () => (await aborted(address)) === before + 1, patient);
      },
      storyMs,
    );

    test(
      'is replaced by a canary under traffic, and no request fails',
      async () => {
        const load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', perSecond: 4 });
        await signalbox.client.promote({ params: { name: 'chat' }, body: { version: 'v2' } });
        const replica = await timed('promoted, v2 has all traffic', untilServing('v2'));
        const outcomes = await load.stop();
        note(`requests during the rollout: ${JSON.stringify(countsByVersion(outcomes))}`);
        expect(load.failures).toEqual([]);
        expect(countsByVersion(outcomes)).toEqual({ v1: expect.any(Number), v2: expect.any(Number) });
        const { verdict, phase } = await story.rollout();
        expect(phase).toBe('completed');
        note(`the gate: ${verdict?.kind}, ${verdict?.because}`);
        const now = await words();
        expect(now.version).toBe('v2');
        expect(now.text).not.toBe(firstWords);
        note(`v2 says ${JSON.stringify(now.text)} at ${replica.restarts} restarts`);
      },
      storyMs,
    );

    test(
      'gives way to the former version at once, and the streams it has begun go on',
      async () => {
        const stream = await longStream();
        expect(stream.version).toBe('v2');
        const answer = await signalbox.client.rollback({ params: { name: 'chat' }, body: { waitMs: 5_000 } });
        note(`rolled back: ${answer.kind}, acknowledged by every gateway after ${answer.acknowledgedMs} ms`);
        expect(answer).toMatchObject({ kind: 'moved', to: { version: 'v1' }, acknowledgedMs: expect.any(Number) });
        expect(await words()).toEqual({ text: firstWords, version: 'v1' });
        expect(await stream.ended).toEqual(whole);
      },
      storyMs,
    );

    test(
      'finishes what it has begun when it is told to go, and is started again',
      async () => {
        const before = await untilServing('v1');
        const stream = await longStream();
        process.kill(signalbox.replicaPid(before.id) ?? Number.NaN, 'SIGTERM');
        expect(await timed('SIGTERM: the stream is whole', stream.ended)).toEqual(whole);
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
        expect(await words()).toEqual({ text: firstWords, version: 'v1' });
      },
      storyMs,
    );

    test(
      'drains when its deployment is deleted, and leaves nothing behind',
      async () => {
        const stream = await longStream();
        const shutDowns = engineLogs().split('Application shutdown complete').length;
        await signalbox.client.deleteRoute({ params: { name: 'chat' } });
        await signalbox.client.deleteDeployment({ params: { name: 'chat' } });
        expect(await stream.ended).toEqual(whole);
        const gone = async () => signalbox.replicaPids().length === 0;
        await timed('deleted: every process has ended', until('no process is left', gone, patient));
        // By themselves: what is killed writes nothing.
        expect(engineLogs().split('Application shutdown complete').length).toBe(shutDowns + 2);
      },
      storyMs,
    );
  });

  async function post(url: string, body: unknown): Promise<{ status: number; text: string }> {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  }
}
