import { describe, expect, test } from '@jest/globals';
import type { SnapshotLimit } from '@signalbox/domain';
import { idempotencyErrors, limitError, queueError, tooManyBadKeys } from './limit-errors.ts';
import { Bucket } from './limits/bucket.ts';
import type { QueueOutcome } from './queue/ticket.ts';

const refusalOf = (limit: SnapshotLimit, retryAfterMs: number) =>
  ({ kind: 'limit', limit: new Bucket(limit, 1), need: 120.5, retryAfterMs }) as const;
const perMinute: SnapshotLimit = { id: 'l', of: 'outputTokens', per: 'minute', amount: 100 };

describe('errors about limits', () => {
  test('a limit says which it is and when to come back, never too early', () => {
    expect(limitError(refusalOf(perMinute, 1_200.4), { 'x-ratelimit-limit-tokens': '100' })).toEqual({
      status: 429,
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
      message: 'The limit of 100 output tokens per minute is reached. Try again in 2 s.',
      param: null,
      headers: { 'x-ratelimit-limit-tokens': '100', 'retry-after': '2', 'retry-after-ms': '1201' },
    });
  });

  test('what can never fit is not told to come back', () => {
    const error = limitError(refusalOf(perMinute, Number.POSITIVE_INFINITY));
    expect(error.message).toBe(
      'This request alone is more than its limit of 100 output tokens per minute: it needs about 121.',
    );
    expect(error.headers).toEqual({ 'x-should-retry': 'false' });
  });

  test('concurrency is told as such', () => {
    const error = limitError(refusalOf({ id: 'l', of: 'concurrency', per: null, amount: 4 }, 500));
    expect(error.message).toBe('The limit of 4 requests at a time is reached. Try again in 1 s.');
  });

  test.each<[QueueOutcome, number, string]>([
    ['queueFull', 503, 'server_overloaded'],
    ['tenantFull', 429, 'server_overloaded'],
    ['waitTooLong', 503, 'server_overloaded'],
    ['deadline', 503, 'server_overloaded'],
    ['callerGone', 499, 'server_overloaded'],
    ['draining', 503, 'service_unavailable'],
  ])('%s is %d %s', (outcome, status, type) => {
    const error = queueError({ kind: 'queue', outcome, retryAfterMs: 2_500 });
    expect(error).toMatchObject({ status, type, headers: { 'retry-after': '3', 'retry-after-ms': '2500' } });
  });

  test('wrong keys and idempotency keys have their own', () => {
    expect(tooManyBadKeys(30_000)).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    expect(idempotencyErrors('inFlight')).toMatchObject({ status: 409, headers: { 'retry-after': '1' } });
    expect(idempotencyErrors('mismatch')).toMatchObject({ status: 422, headers: { 'x-should-retry': 'false' } });
  });
});
