import type { OperationId } from '@signalbox/contracts';
import { checkedItem } from './answer.ts';
import { UnexpectedAnswer, Unreachable } from './errors.ts';
import { type CallOptions, type Connection, exchange } from './exchange.ts';
import { failureReason } from './failure-reason.ts';
import { parseJson } from './read-problem.ts';
import type { AnyRequest } from './request.ts';
import { jsonLines, type ServerSentEvent, serverSentEvents } from './server-sent-events.ts';

/** One event of a stream; `value` is null where it carries none of the operation's items (`ready`, `reset`). */
export interface StreamEvent<T> {
  event: string;
  id: string | undefined;
  value: T | null;
}

export async function openStream(
  connection: Connection,
  id: OperationId,
  request: AnyRequest,
  options: CallOptions,
): Promise<ReadableStream<Uint8Array>> {
  return exchange(connection, id, request, options, async ({ headers, status, body }) => {
    const type = headers.get('content-type') ?? 'nothing';
    if (body !== null && /^(text\/event-stream|application\/x-ndjson)/.test(type)) return body;
    await body?.cancel();
    throw new UnexpectedAnswer(connection.url, status, `not with a stream (it sent ${type}). Check the URL.`);
  });
}

/** Items as JSON lines. Not repeated when it breaks off: what came already can't be taken back. */
export async function* linesOf(
  connection: Connection,
  id: OperationId,
  request: AnyRequest,
  options: CallOptions,
): AsyncGenerator<unknown> {
  const body = await openStream(connection, id, request, options);
  try {
    for await (const json of jsonLines(body)) yield checkedItem(connection.url, id, json, 200);
  } catch (error) {
    if (error instanceof UnexpectedAnswer) throw error;
    (options.signal ?? connection.signal)?.throwIfAborted();
    throw new Unreachable(connection.url, failureReason(error), { cause: error, advice: 'The answer is incomplete.' });
  }
}

/** Events of one connection. Ends or throws when that does; `events` is the one that connects again. */
export async function* eventsOf(
  connection: Connection,
  id: OperationId,
  request: AnyRequest,
  options: CallOptions & { idleTimeoutMs?: number },
): AsyncGenerator<StreamEvent<unknown>> {
  const body = await openStream(connection, id, request, options);
  const { idleTimeoutMs } = options;
  yield* checkedEvents(connection, id, serverSentEvents(body, idleTimeoutMs === undefined ? {} : { idleTimeoutMs }));
}

const BARE_EVENTS: readonly string[] = ['ready', 'reset'];

export async function* checkedEvents(
  connection: Connection,
  id: OperationId,
  events: AsyncIterable<ServerSentEvent>,
): AsyncGenerator<StreamEvent<unknown>> {
  for await (const { event, id: eventId, data } of events) {
    const value =
      BARE_EVENTS.includes(event) || data === '' ? null : checkedItem(connection.url, id, parseJson(data), 200);
    yield { event, id: eventId, value };
  }
}
