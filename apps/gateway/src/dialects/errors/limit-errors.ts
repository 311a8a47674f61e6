import { type CallerError, failed, invalid, retryAfter, shown } from './caller-error.ts';

/** Refusals by limits, queues and load, and by routes that cannot do what is asked. */
export const limitErrors = {
  /** `what`: in the plural, as `requests per minute`. */
  rateLimited: (what: string, limit: number, waitMs: number): CallerError => ({
    status: 429,
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    message: `The limit of ${limit} ${what} is reached. Try again in ${Math.max(1, Math.ceil(waitMs / 1000))} s.`,
    param: null,
    headers: retryAfter(waitMs),
  }),
  /** No wait helps: the request alone is larger than the whole limit. */
  largerThanLimit: (what: string, limit: number): CallerError => ({
    ...invalid(
      400,
      'request_too_large',
      `The request alone needs more than the limit of ${limit} ${what}. Ask for fewer.`,
    ),
    headers: { 'x-should-retry': 'false' },
  }),
  budgetSpent: (): CallerError => ({
    status: 429,
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'The budget of this key or project is spent. Ask its owner to raise it.',
    param: null,
    headers: { 'x-should-retry': 'false' },
  }),
  overloaded: (waitMs: number): CallerError => ({
    status: 503,
    type: 'server_overloaded',
    code: 'server_overloaded',
    message: 'The model has more requests than it can serve in time. Try again later.',
    param: null,
    headers: retryAfter(waitMs),
  }),
  queueFull: (waitMs: number): CallerError => ({
    status: 429,
    type: 'server_overloaded',
    code: 'queue_full',
    message: 'Too many requests wait for this model already. Try again later.',
    param: null,
    headers: retryAfter(waitMs),
  }),
  modelLoading: (waitMs: number): CallerError => ({
    status: 503,
    type: 'service_unavailable',
    code: 'model_loading',
    message: 'The model is being started. Try again shortly.',
    param: null,
    headers: retryAfter(waitMs),
  }),
  deadlinePassed: (): CallerError => failed(504, 'deadline_exceeded', 'The request was not done by its own deadline.'),
  contextTooLong: (limit: number): CallerError =>
    invalid(400, 'context_length_exceeded', `The request needs more than the model's ${limit} tokens of context.`),
  apiNotOffered: (name: string): CallerError =>
    invalid(404, 'unsupported_api', `The model ${shown(name)} does not offer this API.`, 'model'),
  fieldNotOffered: (param: string, because: string): CallerError => invalid(400, 'unsupported_value', because, param),
  pinForbidden: (): CallerError => invalid(403, 'permission_denied', 'This key may not choose the revision.'),
  idempotencyConflict: (): CallerError =>
    invalid(409, 'idempotency_conflict', 'This idempotency key was used with another request, or that one still runs.'),
} as const;
