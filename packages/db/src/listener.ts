import type { Clock, Logger } from '@signalbox/runtime';
import pg from 'pg';

/** Undefined: the connection was away, and something may have been missed. Never more than a hint. */
export type OnNotification = (payload: string | undefined) => void;

export interface Subscription {
  stop(): void;
}

export interface Listener {
  add(channel: string, onNotification: OnNotification): Promise<Subscription>;
  close(): Promise<void>;
}

interface ListenerOptions {
  connection: pg.ClientConfig;
  log: Logger;
  clock: Clock;
}

const heartbeatMs = 15_000;
const longestPauseMs = 5_000;

/** One connection for all channels, opened with the first of them and brought back whenever it is lost. */
export function createListener({ connection, log, clock }: ListenerOptions): Listener {
  const channels = new Map<string, Set<OnNotification>>();
  const closed = new AbortController();
  let client: pg.Client | undefined;
  let running: { firstAttempt: Promise<void>; end: Promise<void> } | undefined;

  const call = (channel: string, payload: string | undefined): void => {
    for (const onNotification of channels.get(channel) ?? []) onNotification(payload);
  };

  async function connect(isReturn: boolean): Promise<{ lost: Promise<void> }> {
    const next = new pg.Client({ ...connection, query_timeout: 5_000 });
    // 'error' may come more than once, also during the handshake; without a listener it would end the process.
    next.on('error', () => undefined);
    next.on('notification', ({ channel, payload }) => call(channel, payload));
    const lost = new Promise<void>((resolve) => void next.once('end', () => resolve()));
    try {
      await next.connect();
      for (const channel of channels.keys()) await next.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      void next.end().catch(() => undefined);
      throw error;
    }
    client = next;
    // A channel may have come while this was connecting; listening twice does no harm.
    for (const channel of channels.keys()) await next.query(`listen ${pg.escapeIdentifier(channel)}`);
    if (isReturn) for (const channel of channels.keys()) call(channel, undefined);
    return { lost };
  }

  /** Ends when the connection is gone. A silent network is found by asking now and then. */
  async function watch(lost: Promise<void>): Promise<void> {
    const current = client;
    const gone = new AbortController();
    void lost.then(() => gone.abort());
    const stop = AbortSignal.any([gone.signal, closed.signal]);
    while (!stop.aborted) {
      await clock.sleep(heartbeatMs, stop);
      if (!stop.aborted) await current?.query('select 1').catch(() => current.end().catch(() => undefined));
    }
    client = undefined;
    await current?.end().catch(() => undefined);
  }

  async function run(attempted: () => void): Promise<void> {
    let pauseMs = 50;
    for (let isReturn = false; !closed.signal.aborted; isReturn = true) {
      try {
        const { lost } = await connect(isReturn);
        attempted();
        pauseMs = 50;
        await watch(lost);
        if (!closed.signal.aborted) log.warn('the listening database connection was lost');
      } catch (error) {
        attempted();
        log.warn('the listening database connection could not be opened', { error, pauseMs });
      }
      await clock.sleep(pauseMs, closed.signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  function start(): { firstAttempt: Promise<void>; end: Promise<void> } {
    const { promise: firstAttempt, resolve } = Promise.withResolvers<void>();
    return { firstAttempt, end: run(resolve) };
  }

  return {
    async add(channel, onNotification) {
      const known = channels.get(channel) ?? new Set();
      channels.set(channel, known.add(onNotification));
      running ??= start();
      await running.firstAttempt;
      // When this fails the connection is going down, and the next one listens to every channel.
      await client?.query(`listen ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
      return { stop: () => void known.delete(onNotification) };
    },
    async close() {
      closed.abort();
      await running?.end;
    },
  };
}
