import { type Bucket, tickMs } from './bucket.ts';

const parts = ['limit', 'remaining', 'reset'] as const;
type Part = (typeof parts)[number];
const openAiKinds = ['requests', 'tokens'] as const;
const anthropicKinds = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const;
type Kind = (typeof anthropicKinds)[number];

const openAiName = (part: Part, kind: Kind): string => `x-ratelimit-${part}-${kind}`;
const anthropicName = (part: Part, kind: Kind): string => `anthropic-ratelimit-${kind}-${part}`;

/** Of all headers that are made here. */
export const rateLimitHeaderNames: readonly string[] = [
  ...openAiKinds.flatMap((kind) => parts.map((part) => openAiName(part, kind))),
  ...anthropicKinds.flatMap((kind) => parts.map((part) => anthropicName(part, kind))),
];

/**
 * `x-ratelimit-*` as OpenAI names them, `name: value\r\n` each: of each kind the limit of which least is left. What is
 * left is told of this process, which is sure, and not of the whole, which others use at the same time.
 */
export function rateLimitLines(ofKey: readonly Bucket[], ofRoute: readonly Bucket[], now: number): string {
  return linesOf('requests', ofKey, ofRoute, now) + linesOf('tokens', ofKey, ofRoute, now);
}

/** The same as Anthropic names them, where input and output have lines of their own and resets are moments. */
export function anthropicLimitLines(
  ofKey: readonly Bucket[],
  ofRoute: readonly Bucket[],
  { now, wallNow }: { now: number; wallNow: number },
): string {
  const tick = Math.floor(now / tickMs);
  let lines = '';
  for (const kind of anthropicKinds) {
    const bucket = tightest(kind, ofRoute, tightest(kind, ofKey, undefined, tick), tick);
    if (bucket === undefined) continue;
    lines +=
      `${anthropicName('limit', kind)}: ${bucket.amount}\r\n` +
      `${anthropicName('remaining', kind)}: ${bucket.remaining(tick)}\r\n` +
      `${anthropicName('reset', kind)}: ${shownMoment(wallNow + bucket.resetMs(now))}\r\n`;
  }
  return lines;
}

function isOf({ of }: Bucket, kind: Kind): boolean {
  if (of === 'concurrency') return false;
  if (kind === 'requests' || kind === 'tokens') return (of === 'requests') === (kind === 'requests');
  return of === (kind === 'input-tokens' ? 'inputTokens' : 'outputTokens');
}

function linesOf(kind: keyof typeof names, ofKey: readonly Bucket[], ofRoute: readonly Bucket[], now: number): string {
  const tick = Math.floor(now / tickMs);
  const own = tightest(kind, ofKey, undefined, tick);
  const bucket = tightest(kind, ofRoute, own, tick);
  if (bucket === undefined) return '';
  const { limit, reset } = names[kind];
  return `${limit(bucket.amount)}${bucket.remaining(tick)}${reset}${shownDuration(bucket.resetMs(now))}\r\n`;
}

function tightest(kind: Kind, buckets: readonly Bucket[], best: Bucket | undefined, tick: number): Bucket | undefined {
  let found = best;
  for (const bucket of buckets) {
    if (!isOf(bucket, kind)) continue;
    if (found === undefined || bucket.remaining(tick) < found.remaining(tick)) found = bucket;
  }
  return found;
}

const mostAmounts = 1_000;

/** Amounts are few and come back with every answer: the text up to what is left is made once for each. */
function namesOf(kind: (typeof openAiKinds)[number]) {
  const made = new Map<number, string>();
  const limit = (amount: number): string => {
    let text = made.get(amount);
    if (text === undefined) {
      if (made.size >= mostAmounts) made.clear();
      text = `${openAiName('limit', kind)}: ${amount}\r\n${openAiName('remaining', kind)}: `;
      made.set(amount, text);
    }
    return text;
  };
  return { limit, reset: `\r\n${openAiName('reset', kind)}: ` };
}

const names = { requests: namesOf('requests'), tokens: namesOf('tokens') };

/** As Anthropic writes it, in whole seconds and never too early: `2026-11-26T14:00:00Z`. */
function shownMoment(ms: number): string {
  return new Date(Math.ceil(ms / 1_000) * 1_000).toISOString().replace('.000', '');
}

/** As OpenAI writes it: `12ms`, `7s`, `6m0s`, `1h2m3s`. */
export function shownDuration(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1_000) return `${whole}ms`;
  const seconds = Math.ceil(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds}s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds % 60}s` : `${hours}h${minutes % 60}m${seconds % 60}s`;
}
