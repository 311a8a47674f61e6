import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { modelName } from './requests.ts';
import type { Work } from './slot-engine.ts';

/** One request of an open loop, in ms since the loop began. */
export interface Asked {
  work: Work;
  /** When it was due: what came late to be sent counts as waiting. */
  dueAt: number;
  sentAt: number;
  firstAt: number | null;
  endedAt: number | null;
  /** 0: no answer. */
  status: number;
  isWhole: boolean;
  /** Told to come back later. */
  isRefused: boolean;
}

export interface Callers {
  url: string;
  key: string;
  perSecond: number;
  random: () => number;
  work: (random: () => number) => Work;
}

const bytesPerToken = 4;
const answeredWithinMs = 20_000;

/** Sends at random times (Poisson) for so long, whatever comes back, and waits for what is under way. */
export async function callOpenly(callers: Callers, seconds: number): Promise<readonly Asked[]> {
  const agent = new Agent({ keepAlive: true });
  const asked: Asked[] = [];
  const running: Promise<void>[] = [];
  const beganAt = performance.now();
  let dueAt = 0;
  for (;;) {
    dueAt -= (Math.log(1 - callers.random()) * 1_000) / callers.perSecond;
    if (dueAt >= seconds * 1_000) break;
    const early = dueAt - (performance.now() - beganAt);
    if (early > 1) await pause(early);
    const one: Asked = {
      work: callers.work(callers.random),
      dueAt,
      sentAt: performance.now() - beganAt,
      firstAt: null,
      endedAt: null,
      status: 0,
      isWhole: false,
      isRefused: false,
    };
    asked.push(one);
    running.push(send(callers, agent, one, beganAt));
  }
  await Promise.all(running);
  agent.destroy();
  return asked;
}

function send({ url, key }: Callers, agent: Agent, asked: Asked, beganAt: number): Promise<void> {
  const { work } = asked;
  const head = `{"model":"${modelName}","stream":true,"max_tokens":8192,"work":${JSON.stringify(work)},"messages":[{"role":"user","content":"`;
  const body = `${head}${'x'.repeat(Math.max(1, work.input * bytesPerToken - head.length))}"}]}`;
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const now = (): number => performance.now() - beganAt;
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(answeredWithinMs);
    const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers, signal });
    sent.on('error', () => resolve());
    sent.on('response', (response) => {
      asked.status = response.statusCode ?? 0;
      asked.isRefused = (asked.status === 429 || asked.status === 503) && 'retry-after' in response.headers;
      let tail = '';
      response.setEncoding('latin1').on('data', (text: string) => {
        asked.firstAt ??= now();
        tail = text;
      });
      response.on('error', () => {});
      response.on('close', () => {
        asked.endedAt = now();
        asked.isWhole = response.complete && tail.endsWith('data: [DONE]\n\n');
        resolve();
      });
    });
    sent.end(body);
  });
}
