import { describe, expect, test } from '@jest/globals';
import { type Failure, retryAfterMs, retryDelayMs } from './retry.ts';

const answered = (status: number, code: string | null = null, waitMs: number | null = null): Failure => ({
  kind: 'answered',
  status,
  code,
  retryAfterMs: waitMs,
});

describe('what is sent again', () => {
  test.each<{ name: string; failure: Failure; attempt: number; delayMs: number | null }>([
    { name: 'a lost connection, soon', failure: { kind: 'lost' }, attempt: 1, delayMs: 200 },
    { name: 'a lost connection, later the second time', failure: { kind: 'lost' }, attempt: 2, delayMs: 800 },
    { name: 'not a fourth time', failure: { kind: 'lost' }, attempt: 3, delayMs: null },
    { name: 'not what took too long', failure: { kind: 'timedOut' }, attempt: 1, delayMs: null },
    { name: 'a bad gateway', failure: answered(502), attempt: 1, delayMs: 200 },
    { name: 'an unavailable service', failure: answered(503), attempt: 1, delayMs: 200 },
    { name: 'when the service says so', failure: answered(503, null, 1_000), attempt: 1, delayMs: 1_000 },
    { name: 'not later than anyone would wait', failure: answered(503, null, 90_000), attempt: 1, delayMs: 5_000 },
    { name: 'not a refusal', failure: answered(409, 'resource.in_use'), attempt: 1, delayMs: null },
    { name: 'not a defect', failure: answered(500), attempt: 1, delayMs: null },
    {
      name: 'what the first attempt is still busy with',
      failure: answered(409, 'request.idempotency_in_progress'),
      attempt: 1,
      delayMs: 200,
    },
  ])('$name', ({ failure, attempt, delayMs }) => {
    expect(retryDelayMs(failure, attempt)).toBe(delayMs);
  });

  test('Retry-After counts in seconds; a date is not understood', () => {
    expect(retryAfterMs('2')).toBe(2_000);
    expect(retryAfterMs('Wed, 21 Oct 2026 07:28:00 GMT')).toBeNull();
    expect(retryAfterMs(null)).toBeNull();
  });
});
