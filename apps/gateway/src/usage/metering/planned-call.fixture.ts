import { pick, seededRandom } from '../../../../../packages/testkit/src/simulated-engine/engine/random.ts';

/**
 * How the first engine that a call reaches fails it; the second one, where there is one, does not.
 * - `status`: 500. - `reset`: the connection goes without a word. - `cutRefusal`: it goes in the middle of a refusal.
 * - `midAnswer`: it goes when the answer has begun, and no other engine can help.
 */
export type PlannedFailure = 'none' | 'status' | 'reset' | 'cutRefusal' | 'midAnswer';

/** One call and all that will happen to it. Both ends make it from its number, so nothing of it is in the request. */
export interface PlannedCall {
  number: number;
  kind: 'chat' | 'completions' | 'embeddings' | 'messages';
  stream: boolean;
  /** Of `messages`: the engine speaks chat alone, and the gateway translates. */
  isTranslated: boolean;
  /** What of usage the caller asks a stream for. */
  asks: 'nothing' | 'usage' | 'runningUsage';
  choices: 1 | 2;
  input: number;
  /** Of each choice. */
  output: number;
  tokensPerFrame: number;
  /** The caller leaves when it has this many frames; null: it stays. 0: it does not wait for the first. */
  leavesAfterFrames: number | null;
  failure: PlannedFailure;
  /** Sent again under the same Idempotency-Key once it is answered. */
  isRepeated: boolean;
}

/** About a quarter leaves early, a twelfth fails first, a tenth is repeated. */
export function plannedCall(number: number, seed: number): PlannedCall {
  const random = seededRandom(seed * 1_000_003 + number);
  const kind = pick<PlannedCall['kind']>(random, ['chat', 'chat', 'chat', 'completions', 'embeddings', 'messages']);
  const stream = kind !== 'embeddings' && random() < 0.6;
  const output = kind === 'embeddings' ? 0 : 1 + Math.floor(30 * random() ** 2);
  const tokensPerFrame = pick(random, [1, 1, 2, 3]);
  const frames = Math.ceil(output / tokensPerFrame);
  const leaves = random() < 0.25;
  const failure =
    random() < 0.08 ? pick<PlannedFailure>(random, ['status', 'reset', 'cutRefusal', 'midAnswer']) : 'none';
  return {
    number,
    kind,
    stream,
    isTranslated: random() < 0.3,
    asks: pick(random, ['nothing', 'nothing', 'usage', 'runningUsage']),
    choices: kind === 'chat' && random() < 0.1 ? 2 : 1,
    input: 1 + Math.floor(2_000 * random() ** 3),
    output,
    tokensPerFrame,
    leavesAfterFrames: leaves ? (stream ? Math.floor(random() * frames) : 0) : null,
    failure,
    isRepeated: !leaves && failure === 'none' && random() < 0.1,
  };
}

export function requestIdOf({ number }: Pick<PlannedCall, 'number'>): string {
  return `call-${number}`;
}

export function numberOf(requestId: string | undefined): number | undefined {
  const match = /^call-(\d+)$/.exec(requestId ?? '');
  return match === null ? undefined : Number(match[1]);
}

export function pathOf({ kind }: PlannedCall): string {
  if (kind === 'chat') return '/v1/chat/completions';
  return kind === 'messages' ? '/v1/messages' : `/v1/${kind}`;
}

/** The two routes that calls go to; the engine of the second speaks no dialect but OpenAI's. */
export const routeNames = { native: 'chat', translated: 'translated' } as const;

export function bodyOf(call: PlannedCall): string {
  const { kind, stream, asks, choices, output } = call;
  const model = kind === 'messages' && call.isTranslated ? routeNames.translated : routeNames.native;
  const prompt = `the prompt of call ${call.number}`;
  if (kind === 'embeddings') return JSON.stringify({ model, input: prompt });
  const body = { model, max_tokens: output, ...(stream ? { stream } : {}) };
  const messages = [{ role: 'user', content: prompt }];
  if (kind === 'messages') return JSON.stringify({ ...body, messages });
  const options = { include_usage: true, ...(asks === 'runningUsage' ? { continuous_usage_stats: true } : {}) };
  return JSON.stringify({
    ...body,
    ...(kind === 'chat' ? { messages } : { prompt }),
    ...(choices === 2 ? { n: 2 } : {}),
    ...(stream && asks !== 'nothing' ? { stream_options: options } : {}),
  });
}
