import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { PlannedRequest } from './trace.ts';

/** What became of one request, as its caller saw it. Times are of one monotonic clock. */
export interface Outcome {
  index: number;
  stream: boolean;
  wantedTokens: number;
  sentAt: number;
  /** First byte of the answer's body. */
  firstByteAt: number | null;
  endedAt: number;
  status: number | null;
  revision: string | null;
  version: string | null;
  replica: string | null;
  requestId: string | null;
  /** As `usage` in the answer tells it. */
  tokens: number | null;
  end: OutcomeEnd;
}

/**
 * - `whole`: the answer is all there; a stream ended with `[DONE]`
 * - `refused`: a status of 400 or more, with the error's code
 * - `errorEvent`: a stream that had begun ended in an error event
 * - `broken`: the connection was lost, before or after the answer began
 * - `short`: ended without an error, but not with what ends such an answer
 */
export type OutcomeEnd = { kind: 'whole' } | { kind: 'refused' | 'errorEvent' | 'broken' | 'short'; because: string };

export interface Target {
  url: string;
  key: string | undefined;
  model: string;
}

const tailBytes = 2_048;
// Words of four bytes: one token each for the simulated engine, and about one for real tokenizers.
const filler = Buffer.alloc(400_000, 'oak elm fir yew ash bay fig nut ').toString('latin1');

export async function send(
  request: PlannedRequest,
  target: Target,
  dispatcher: Dispatcher,
  now: () => number,
): Promise<Outcome> {
  const { index, stream, outputTokens } = request;
  const outcome: Outcome = { ...nothingYet, index, stream, wantedTokens: outputTokens, sentAt: now() };
  let tail = Buffer.alloc(0);
  try {
    const answer = await dispatcher.request(httpRequest(request, target));
    outcome.status = answer.statusCode;
    Object.assign(outcome, whoAnswered(answer.headers));
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      outcome.firstByteAt ??= now();
      tail = keepTail(tail, chunk);
    }
    const text = tail.toString('latin1');
    outcome.tokens = tokensIn(text);
    outcome.end = endOf(answer.statusCode, text, stream);
  } catch (error) {
    outcome.end = { kind: 'broken', because: codeOf(error) };
  }
  outcome.endedAt = now();
  return outcome;
}

const nothingYet: Outcome = {
  index: 0,
  stream: false,
  wantedTokens: 0,
  sentAt: 0,
  firstByteAt: null,
  endedAt: 0,
  status: null,
  revision: null,
  version: null,
  replica: null,
  requestId: null,
  tokens: null,
  end: { kind: 'broken', because: 'nothing came' },
};

function httpRequest({ index, promptTokens, outputTokens, stream }: PlannedRequest, { url, key, model }: Target) {
  // No two prompts begin alike: a prefix cache would make the engine faster than the trace was.
  const content = `Request ${index}: ${filler.slice(0, Math.max(0, promptTokens * 4 - 16))}`;
  const body = {
    model,
    messages: [{ role: 'user', content }],
    max_tokens: outputTokens,
    ignore_eos: true,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  return {
    origin: url,
    path: '/v1/chat/completions',
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
  } as const;
}

function whoAnswered(headers: IncomingHttpHeaders): Pick<Outcome, 'revision' | 'version' | 'replica' | 'requestId'> {
  const one = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    revision: one('x-signalbox-revision'),
    version: one('x-signalbox-model-version'),
    replica: one('x-signalbox-replica'),
    requestId: one('x-request-id'),
  };
}

function keepTail(tail: Buffer<ArrayBuffer>, chunk: Buffer): Buffer<ArrayBuffer> {
  const both = Buffer.concat([tail, chunk]);
  return both.length > tailBytes ? both.subarray(both.length - tailBytes) : both;
}

function tokensIn(tail: string): number | null {
  const found = [...tail.matchAll(/"completion_tokens":\s*(\d+)/g)].at(-1)?.[1];
  return found === undefined ? null : Number(found);
}

function endOf(status: number, tail: string, stream: boolean): OutcomeEnd {
  const code = /"code":\s*"?([\w ]+)"?/.exec(tail)?.[1] ?? '';
  if (status >= 400) return { kind: 'refused', because: `${status} ${code}`.trim() };
  if (!stream) {
    return tail.trimEnd().endsWith('}') ? { kind: 'whole' } : { kind: 'short', because: 'the JSON has no end' };
  }
  if (tail.includes('data: {"error"')) return { kind: 'errorEvent', because: code };
  return tail.includes('data: [DONE]') ? { kind: 'whole' } : { kind: 'short', because: 'the stream has no [DONE]' };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
