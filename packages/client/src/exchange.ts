import { type Operation, type OperationId, operations } from '@signalbox/contracts';
import { type ApiProblem, UnexpectedAnswer, Unreachable } from './errors.ts';
import { failureReason } from './failure-reason.ts';
import { readProblem } from './read-problem.ts';
import { type AnyRequest, requestHeaders, requestUrl } from './request.ts';
import { type Failure, retryAfterMs, retryDelayMs } from './retry.ts';

/** Everything a call needs; built once by createClient. */
export interface Connection {
  url: string;
  token: { reveal(): string } | undefined;
  userAgent: string;
  unreachableAdvice: string | undefined;
  timeoutMs: number;
  signal: AbortSignal | undefined;
  fetch: typeof globalThis.fetch;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  newIdempotencyKey: () => string;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** For one attempt, the answer's body included; for streams until the first byte of the answer. */
  timeoutMs?: number | undefined;
  /** Made for each call unless given. Give one to make a call repeatable across restarts of the caller. */
  idempotencyKey?: string | undefined;
  /** ETag of what was read; the call is refused when it has changed since. */
  ifMatch?: string | undefined;
  /** Streams only: `id` of the last event seen. */
  lastEventId?: string | undefined;
}

type Attempt<T> = { kind: 'done'; value: T } | { kind: 'failed'; failure: Failure; error: Error };
type Read<T> = (response: Response) => Promise<T>;

export function operationOf(id: OperationId): Operation {
  return operations[id];
}

/** Sends until an attempt succeeds or repeating is no use; `read` takes what it needs from a successful answer. */
export async function exchange<T>(
  connection: Connection,
  id: OperationId,
  request: AnyRequest,
  options: CallOptions,
  read: Read<T>,
): Promise<T> {
  const signal = both(connection.signal, options.signal);
  const send = prepare(connection, id, request, options);
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(connection, send, options, signal, read);
    if (outcome.kind === 'done') return outcome.value;
    const delayMs = retryDelayMs(outcome.failure, attempt);
    if (delayMs === null) throw outcome.error;
    await connection.sleep(delayMs, signal);
    signal?.throwIfAborted();
  }
}

type Send = (signal: AbortSignal) => Promise<Response>;

/** The request as it is sent at every attempt: the same key, so that it is carried out once. */
function prepare(connection: Connection, id: OperationId, request: AnyRequest, options: CallOptions): Send {
  const operation = operationOf(id);
  const url = requestUrl(connection.url, operation, request);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const headers = requestHeaders(operation, body !== undefined, {
    userAgent: connection.userAgent,
    token: connection.token?.reveal(),
    idempotencyKey: options.idempotencyKey ?? (operation.mutating ? connection.newIdempotencyKey() : undefined),
    ifMatch: options.ifMatch,
    lastEventId: options.lastEventId,
  });
  // Never followed: a redirect would lead a change, and the token, to somewhere nobody named.
  const init = {
    method: operation.method,
    headers,
    redirect: 'manual' as const,
    ...(body === undefined ? {} : { body }),
  };
  return (signal) => connection.fetch(url, { ...init, signal });
}

async function attemptOnce<T>(
  connection: Connection,
  send: Send,
  options: CallOptions,
  signal: AbortSignal | undefined,
  read: Read<T>,
): Promise<Attempt<T>> {
  const timeoutMs = options.timeoutMs ?? connection.timeoutMs;
  const cut = new AbortController();
  const timer = setTimeout(() => cut.abort(TIMED_OUT), timeoutMs);
  try {
    const response = await send(both(signal, cut.signal) ?? cut.signal);
    if (response.ok) return { kind: 'done', value: await read(response) };
    return refused(connection.url, response, await response.text());
  } catch (error) {
    if (error instanceof UnexpectedAnswer) throw error;
    signal?.throwIfAborted();
    if (cut.signal.aborted) {
      return { kind: 'failed', failure: { kind: 'timedOut' }, error: tooLate(connection.url, timeoutMs) };
    }
    const lost = new Unreachable(connection.url, failureReason(error), {
      cause: error,
      advice: connection.unreachableAdvice,
    });
    return { kind: 'failed', failure: { kind: 'lost' }, error: lost };
  } finally {
    clearTimeout(timer);
  }
}

const TIMED_OUT = 'timed out';

function tooLate(url: string, timeoutMs: number): Unreachable {
  return new Unreachable(url, `no complete answer within ${timeoutMs / 1_000} s`, {
    advice: 'It may still be at work: look before you repeat a change.',
  });
}

function refused<T>(url: string, response: Response, text: string): Attempt<T> {
  const problem: ApiProblem | undefined = readProblem(text);
  const waitMs = retryAfterMs(response.headers.get('retry-after'));
  return {
    kind: 'failed',
    failure: { kind: 'answered', status: response.status, code: problem?.code ?? null, retryAfterMs: waitMs },
    error: problem ?? strangeRefusal(url, response),
  };
}

function strangeRefusal(url: string, response: Response): UnexpectedAnswer {
  const location = response.headers.get('location');
  if (location !== null) {
    return new UnexpectedAnswer(url, response.status, `points to ${location}. Give that URL if it is the right one.`);
  }
  const type = response.headers.get('content-type') ?? 'nothing';
  return new UnexpectedAnswer(
    url,
    response.status,
    `not with a Signalbox problem (it sent ${type}). Check that the URL is that of a control plane.`,
  );
}

function both(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return AbortSignal.any([a, b]);
}
