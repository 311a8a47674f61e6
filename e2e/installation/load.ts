import { Agent, type IncomingMessage, request } from 'node:http';
import { systemClock } from '@signalbox/runtime';
import { until } from './until.ts';

/** How one request ended, and who answered it. */
export interface Outcome {
  sentAt: number;
  endedAt: number;
  streamed: boolean;
  /** Null: a whole, sound answer. Else what the caller saw. */
  failure: string | null;
  /** The caller had got the first byte of an answer. */
  begun: boolean;
  version: string | null;
  /** `chat/3`: deployment and revision. */
  revision: string | null;
  replica: string | null;
}

export interface LoadOptions {
  gatewayUrl: string;
  key: string;
  /** The route's public model name. */
  model: string;
  perSecond?: number;
  maxTokens?: number;
  /** Streams only, plain answers only, or (unless told) one after the other. */
  kind?: 'streamed' | 'plain' | 'both';
}

/** Requests at a steady rate, whatever becomes of those before: an open loop, as callers are. */
export interface Load {
  /** Every request that has ended, in the order of their ends. */
  readonly outcomes: readonly Outcome[];
  readonly failures: readonly Outcome[];
  readonly underWay: number;
  /** Until that many more requests, begun from now on, have ended. */
  untilMore(count: number, which?: (outcome: Outcome) => boolean): Promise<void>;
  /** Sends no more and waits for what is under way. Safe to call twice. */
  stop(): Promise<readonly Outcome[]>;
}

const tickMs = 10;
const longestAnswerMs = 60_000;

export function startLoad(options: LoadOptions): Load {
  const { perSecond = 20, kind = 'both' } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const outcomes: Outcome[] = [];
  const running = new Set<Promise<void>>();
  const startedAt = systemClock.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((systemClock.now() - startedAt) * perSecond) / 1_000);
    for (; sent < due; sent++) {
      const streamed = kind === 'streamed' || (kind === 'both' && sent % 2 === 0);
      const one = ask({ ...options, agent, streamed }).then((outcome) => {
        outcomes.push(outcome);
        running.delete(one);
      });
      running.add(one);
    }
  }, tickMs);
  return {
    outcomes,
    get failures() {
      return outcomes.filter(({ failure }) => failure !== null);
    },
    get underWay() {
      return running.size;
    },
    async untilMore(count, which = () => true) {
      const from = systemClock.now();
      const arrived = () => outcomes.filter((outcome) => outcome.sentAt >= from && which(outcome)).length;
      await until(`${count} more requests have ended`, async () => arrived() >= count, { withinMs: 60_000 });
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      agent.destroy();
      return outcomes;
    },
  };
}

interface Question extends Pick<LoadOptions, 'gatewayUrl' | 'key' | 'model' | 'maxTokens'> {
  agent?: Agent;
  streamed: boolean;
}

/** One chat request; never rejects. */
export function ask(question: Question): Promise<Outcome> {
  const { gatewayUrl, key, model, maxTokens = 8, agent, streamed } = question;
  const sentAt = systemClock.now();
  const messages = [{ role: 'user', content: 'Tell me about signal boxes.' }];
  const body = JSON.stringify({ model, messages, max_tokens: maxTokens, stream: streamed, ignore_eos: true });
  return new Promise((resolve) => {
    let begun: IncomingMessage | undefined;
    const over = (failure: string | null): void => {
      const header = (name: string) => begun?.headers[name]?.toString() ?? null;
      resolve({
        sentAt,
        endedAt: systemClock.now(),
        streamed,
        failure,
        begun: begun !== undefined,
        version: header('x-signalbox-model-version'),
        revision: header('x-signalbox-revision'),
        replica: header('x-signalbox-replica'),
      });
    };
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const url = `${gatewayUrl}/v1/chat/completions`;
    const call = request(url, { method: 'POST', headers, ...(agent === undefined ? {} : { agent }) });
    call.setTimeout(longestAnswerMs, () => call.destroy(new Error('no answer in time')));
    call.on('error', (error) => over(error.message));
    call.on('response', (response) => {
      begun = response;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => over(error.message));
      response.on('end', () => over(faultIn(response.statusCode ?? 0, Buffer.concat(chunks).toString(), streamed)));
    });
    call.end(body);
  });
}

/** An answer that an engine cut short while it went away looks whole; only its finish reason tells. */
function faultIn(status: number, text: string, streamed: boolean): string | null {
  if (status !== 200) return `${status} ${text}`;
  if (streamed && !text.trimEnd().endsWith('data: [DONE]')) return `the stream broke off: …${text.slice(-200)}`;
  if (!/"finish_reason":\s*"(?:stop|length)"/.test(text)) return `not a whole answer: …${text.slice(-200)}`;
  return null;
}

/** Requests per version, as `{ v1: 90, v2: 10 }`. */
export function countsByVersion(outcomes: readonly Outcome[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { version } of outcomes) counts[version ?? 'none'] = (counts[version ?? 'none'] ?? 0) + 1;
  return counts;
}
