import type { Bucket } from './bucket.ts';
import { tickMs } from './bucket.ts';

/**
 * Writes `x-ratelimit-*` as OpenAI names them, name and value in turn: of each kind the limit of which least is left.
 * What is left is told of this process, which is sure, and not of the whole, which others use at the same time.
 */
export function pushRateLimits(
  into: string[],
  ofKey: readonly Bucket[],
  ofRoute: readonly Bucket[],
  now: number,
): void {
  pushTightest(into, 'requests', ofKey, ofRoute, now);
  pushTightest(into, 'tokens', ofKey, ofRoute, now);
}

function pushTightest(
  into: string[],
  kind: 'requests' | 'tokens',
  ofKey: readonly Bucket[],
  ofRoute: readonly Bucket[],
  now: number,
): void {
  const tick = Math.floor(now / tickMs);
  let tightest: Bucket | undefined;
  let left = Number.POSITIVE_INFINITY;
  for (let at = 0; at < ofKey.length + ofRoute.length; at++) {
    const bucket = at < ofKey.length ? ofKey[at] : ofRoute[at - ofKey.length];
    if (bucket === undefined || bucket.of === 'concurrency' || (bucket.of === 'requests') !== (kind === 'requests'))
      continue;
    const remaining = bucket.remaining(tick);
    if (remaining >= left) continue;
    left = remaining;
    tightest = bucket;
  }
  if (tightest === undefined) return;
  const names = headerNames[kind];
  into.push(names.limit, String(tightest.amount), names.remaining, String(left));
  into.push(names.reset, shownDuration(tightest.resetMs(now)));
}

const headerNames = {
  requests: {
    limit: 'x-ratelimit-limit-requests',
    remaining: 'x-ratelimit-remaining-requests',
    reset: 'x-ratelimit-reset-requests',
  },
  tokens: {
    limit: 'x-ratelimit-limit-tokens',
    remaining: 'x-ratelimit-remaining-tokens',
    reset: 'x-ratelimit-reset-tokens',
  },
} as const;

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
