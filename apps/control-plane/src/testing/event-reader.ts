// biome-ignore lint/suspicious/noExplicitAny: tests look into answers that they expect, whatever those are
type Json = any;

export interface ReadEvent {
  event: string;
  id: string | undefined;
  data: Json;
}

export interface EventReader {
  /** The next event; fails when none comes in time. */
  next(timeoutMs?: number): Promise<ReadEvent>;
  close(): void;
}

/** Reads server-sent events from the wire. */
export async function openEvents(
  url: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const stopping = new AbortController();
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: stopping.signal,
  });
  if (response.status !== 200 || response.body === null) throw new Error(`events answered ${response.status}`);
  const events = parsed(response.body);
  return {
    async next(timeoutMs = 10_000) {
      const late = AbortSignal.timeout(timeoutMs);
      const tooLate = new Promise<never>((_, reject) => {
        late.addEventListener('abort', () => reject(new Error(`no event within ${timeoutMs} ms`)), { once: true });
      });
      const { value, done } = await Promise.race([events.next(), tooLate]);
      if (done === true) throw new Error('the stream ended');
      return value;
    },
    close: () => stopping.abort(),
  };
}

async function* parsed(body: ReadableStream<Uint8Array>): AsyncGenerator<ReadEvent, undefined> {
  const decoder = new TextDecoder();
  let buffered = '';
  for await (const chunk of body) {
    buffered += decoder.decode(chunk, { stream: true });
    const blocks = buffered.split('\n\n');
    buffered = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
      const event = fields.get('event');
      if (event !== undefined) yield { event, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') };
    }
  }
  return undefined;
}
