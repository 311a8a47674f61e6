import { type Bucket, tickMs } from './bucket.ts';

/**
 * `x-ratelimit-*` as OpenAI names them, `name: value\r\n` each: of each kind the limit of which least is left. What is
 * left is told of this process, which is sure, and not of the whole, which others use at the same time.
 */
export function rateLimitLines(ofKey: readonly Bucket[], ofRoute: readonly Bucket[], now: number): string {
  return linesOf('requests', ofKey, ofRoute, now) + linesOf('tokens', ofKey, ofRoute, now);
}

type Kind = 'requests' | 'tokens';

function linesOf(kind: Kind, ofKey: readonly Bucket[], ofRoute: readonly Bucket[], now: number): string {
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
    if (bucket.of === 'concurrency' || (bucket.of === 'requests') !== (kind === 'requests')) continue;
    if (found === undefined || bucket.remaining(tick) < found.remaining(tick)) found = bucket;
  }
  return found;
}

const mostAmounts = 1_000;

/** Amounts are few and come back with every answer: the text up to what is left is made once for each. */
function namesOf(kind: Kind) {
  const made = new Map<number, string>();
  const limit = (amount: number): string => {
    let text = made.get(amount);
    if (text === undefined) {
      if (made.size >= mostAmounts) made.clear();
      text = `x-ratelimit-limit-${kind}: ${amount}\r\nx-ratelimit-remaining-${kind}: `;
      made.set(amount, text);
    }
    return text;
  };
  return { limit, reset: `\r\nx-ratelimit-reset-${kind}: ` };
}

const names = { requests: namesOf('requests'), tokens: namesOf('tokens') };

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
