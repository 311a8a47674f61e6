import type { ApiResponse } from '@signalbox/contracts';
import { ApiProblem, UnexpectedAnswer } from './errors.ts';
import type { CallOptions, Connection } from './exchange.ts';
import { failureReason } from './failure-reason.ts';
import { serverSentEvents } from './server-sent-events.ts';
import { checkedEvents, openStream } from './stream.ts';

export type ChangeEvent = ApiResponse<'watchEvents'>;

/**
 * What a watcher hears.
 * - `ready`: connected; changes after `seq` follow. Now is the time to read what is watched
 * - `reset`: changes were missed: read again; what comes after `seq` follows
 * - `lost`: the connection broke; it is tried again, and goes on where it was
 */
export type WatchItem =
  | { kind: 'ready'; seq: number }
  | { kind: 'change'; change: ChangeEvent }
  | { kind: 'reset'; seq: number }
  | { kind: 'lost'; reason: string };

export interface WatchOptions {
  /** Only this project and the installation's own kinds. */
  project?: string | undefined;
  /** `seq` of the last change seen; without it, changes from now on. */
  after?: number | undefined;
  signal?: AbortSignal | undefined;
  /** No byte for this long: connect again. The control plane sends a comment now and then. */
  idleTimeoutMs?: number;
}

const IDLE_TIMEOUT_MS = 60_000;
const FIRST_RECONNECT_MS = 250;
const LONGEST_RECONNECT_MS = 5_000;

/**
 * Changes as they happen, over as many connections as it takes. The first connection must succeed (its error is
 * thrown); later ones are tried until `signal` aborts or the control plane refuses. Nothing is told twice.
 */
export async function* watchChanges(connection: Connection, options: WatchOptions): AsyncGenerator<WatchItem> {
  let lastSeq = options.after;
  let failures = 0;
  let opened = false;
  for (;;) {
    try {
      const body = await openStream(
        connection,
        'watchEvents',
        watchQuery(options, lastSeq),
        callOptions(options, lastSeq),
      );
      opened = true;
      const events = serverSentEvents(body, { idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS });
      for await (const { event, id, value } of checkedEvents(connection, 'watchEvents', events)) {
        failures = 0;
        if (event === 'ready' || event === 'reset') {
          // After a restored backup the numbers may be lower than before.
          lastSeq = Number(id ?? lastSeq ?? 0);
          yield { kind: event, seq: lastSeq };
        }
        // Checked against the operation's schema just before.
        const change = value as ChangeEvent | null;
        if (change === null || (lastSeq !== undefined && change.seq <= lastSeq)) continue;
        lastSeq = change.seq;
        yield { kind: 'change', change };
      }
      yield { kind: 'lost', reason: 'the stream ended' };
    } catch (error) {
      if (isStopped(connection, options)) return;
      if (!opened || isFinal(error)) throw error;
      yield { kind: 'lost', reason: failureReason(error) };
    }
    await connection.sleep(Math.min(FIRST_RECONNECT_MS * 2 ** failures++, LONGEST_RECONNECT_MS), options.signal);
    if (isStopped(connection, options)) return;
  }
}

function isStopped(connection: Connection, options: WatchOptions): boolean {
  return options.signal?.aborted === true || connection.signal?.aborted === true;
}

/** A refusal stays one: only what a restart of the control plane mends is tried again. */
function isFinal(error: unknown): boolean {
  return (
    (error instanceof ApiProblem && error.status < 500) || (error instanceof UnexpectedAnswer && error.status < 500)
  );
}

function watchQuery(options: WatchOptions, lastSeq: number | undefined): { query: Record<string, unknown> } {
  return { query: { project: options.project, after: lastSeq } };
}

function callOptions(options: WatchOptions, lastSeq: number | undefined): CallOptions {
  return { signal: options.signal, lastEventId: lastSeq === undefined ? undefined : String(lastSeq) };
}
