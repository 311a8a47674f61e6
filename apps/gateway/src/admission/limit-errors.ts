import { assertNever } from '@signalbox/domain';
import type { CallerError } from '../dialects/errors/caller-error.ts';
import type { LimitRefusal } from './limits/reservation.ts';
import type { QueueOutcome, QueueRefusal } from './queue/ticket.ts';

type Headers = Readonly<Record<string, string>>;

/** The answer to a request that met a limit; `rateLimits` tell of all limits that it counts against. */
export function limitError(refusal: LimitRefusal, rateLimits: Headers = {}): CallerError {
  const { limit, need, retryAfterMs } = refusal;
  const error = { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', param: null } as const;
  const bound = limit.per === null ? `${limit.amount} requests at a time` : `${limit.amount} ${unit(limit)}`;
  if (!Number.isFinite(retryAfterMs)) {
    const message = `This request alone is more than its limit of ${bound}: it needs about ${Math.ceil(need)}.`;
    return { ...error, message, headers: { ...rateLimits, 'x-should-retry': 'false' } };
  }
  const message = `The limit of ${bound} is reached. Try again in ${seconds(retryAfterMs)} s.`;
  return { ...error, message, headers: { ...rateLimits, ...retryAfter(retryAfterMs) } };
}

export function queueError({ outcome, retryAfterMs }: QueueRefusal): CallerError {
  const after = `Try again in ${seconds(retryAfterMs)} s.`;
  return {
    status: outcome === 'tenantFull' ? 429 : outcome === 'callerGone' ? 499 : 503,
    type: outcome === 'draining' ? 'service_unavailable' : 'server_overloaded',
    code: outcome === 'draining' ? 'draining' : 'server_overloaded',
    message: outcome === 'callerGone' ? because(outcome) : `${because(outcome)} ${after}`,
    param: null,
    headers: retryAfter(retryAfterMs),
  };
}

/** Too many wrong keys from one address. */
export function tooManyBadKeys(retryAfterMs: number): CallerError {
  return {
    status: 429,
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    message: `Too many wrong keys came from this address. Try again in ${seconds(retryAfterMs)} s, with a valid one.`,
    param: null,
    headers: retryAfter(retryAfterMs),
  };
}

export function idempotencyErrors(kind: 'inFlight' | 'mismatch'): CallerError {
  const error = { type: 'invalid_request_error', param: null } as const;
  if (kind === 'inFlight') {
    const message = 'A request with this Idempotency-Key is still being answered. Try again shortly.';
    return { ...error, status: 409, code: 'idempotency_key_in_use', message, headers: retryAfter(1_000) };
  }
  const message = 'This Idempotency-Key was used for another request. Use a new key for a new request.';
  return { ...error, status: 422, code: 'idempotency_key_reused', message, headers: { 'x-should-retry': 'false' } };
}

function because(outcome: QueueOutcome): string {
  switch (outcome) {
    case 'queueFull':
      return 'Too many requests wait for this model.';
    case 'tenantFull':
      return 'Too many of your requests wait for this model.';
    case 'waitTooLong':
      return 'This model has more to do than it can in time.';
    case 'deadline':
      return 'This model can not begin within the time that the request allows.';
    case 'callerGone':
      return 'The caller left while the request waited.';
    case 'draining':
      return 'The gateway is being replaced.';
    default:
      return assertNever(outcome);
  }
}

function unit({ of, per }: LimitRefusal['limit']): string {
  const what = of === 'inputTokens' ? 'input tokens' : of === 'outputTokens' ? 'output tokens' : of;
  return `${what} per ${per}`;
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

/** Both forms; official clients prefer the one in ms. Rounded up, since a retry that comes early fails. */
function retryAfter(ms: number): Headers {
  return { 'retry-after': String(seconds(ms)), 'retry-after-ms': String(Math.ceil(ms)) };
}
