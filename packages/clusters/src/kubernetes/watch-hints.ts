import type { Clock, Logger } from '@signalbox/runtime';
import type { KubernetesApi } from './api.ts';

const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** The server ends a watch after this; until then it sends a bookmark a minute, so that silence is noticed. */
const watchSeconds = 290;
const silenceMs = 120_000;

/**
 * Follows a list and calls back on every change. Tells no more than that: whoever is called reads the world anew, so
 * a change that is missed while reconnecting is made up for by one call after it.
 */
export async function watchHints(options: {
  api: KubernetesApi;
  path: string;
  labelSelector: string;
  onChange: () => void;
  signal: AbortSignal;
  clock: Clock;
  log: Logger;
}): Promise<void> {
  const { clock, log, path, signal, onChange } = options;
  let retryMs = firstRetryMs;
  while (!signal.aborted) {
    try {
      await followOnce(options, () => {
        retryMs = firstRetryMs;
        onChange();
      });
      onChange();
    } catch (error) {
      if (signal.aborted) return;
      log.debug('a watch ended and is begun again', { path, retryMs, error });
      await clock.sleep(retryMs, signal);
      retryMs = Math.min(retryMs * 2, longestRetryMs);
      onChange();
    }
  }
}

async function followOnce(options: Parameters<typeof watchHints>[0], onEvent: () => void): Promise<void> {
  const { api, path, labelSelector, signal } = options;
  // Watching from the list's version: without one, every object would be told again as new.
  const list = await api.call<{ metadata: { resourceVersion: string } }>({
    method: 'GET',
    path,
    query: { labelSelector, limit: '1' },
  });
  const silence = new AbortController();
  const response = await api.stream(
    {
      method: 'GET',
      path,
      query: {
        labelSelector,
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(watchSeconds),
        resourceVersion: list.metadata.resourceVersion,
      },
    },
    AbortSignal.any([signal, silence.signal]),
  );
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const lines = lineBeginnings();
    for await (const chunk of response) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      for (const line of lines(chunk)) {
        if (line.startsWith('{"type":"ERROR"')) throw new Error('the watch was ended by the server');
        if (!line.startsWith('{"type":"BOOKMARK"')) onEvent();
      }
    }
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

const beginningBytes = 20;

/** The first bytes of every line that ends in a chunk: the rest of a pod's JSON is of no interest to a hint. */
export function lineBeginnings(): (chunk: Buffer) => readonly string[] {
  let beginning = '';
  return (chunk) => {
    const ended: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      ended.push(beginning + chunk.toString('latin1', start, Math.min(end, start + beginningBytes - beginning.length)));
      beginning = '';
      start = end + 1;
    }
    beginning += chunk.toString('latin1', start, start + Math.max(0, beginningBytes - beginning.length));
    return ended;
  };
}
