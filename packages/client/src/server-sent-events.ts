import { createParser } from 'eventsource-parser';

export interface ServerSentEvent {
  event: string;
  id: string | undefined;
  data: string;
}

/** The connection said nothing for too long, so that it may be dead without anyone having been told. */
class Silent extends Error {
  constructor(ms: number) {
    super(`nothing came for ${ms / 1_000} s`);
    this.name = 'Silent';
  }
}

const LARGEST_EVENT_CHARACTERS = 64 * 1024 * 1024;

/** Events of one connection, until it ends. Throws what the body throws, and Silent. */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  options: { idleTimeoutMs?: number } = {},
): AsyncGenerator<ServerSentEvent> {
  const arrived: ServerSentEvent[] = [];
  const parser = createParser({
    maxBufferSize: LARGEST_EVENT_CHARACTERS,
    onEvent: ({ event = 'message', id, data }) => arrived.push({ event, id, data }),
  });
  for await (const text of texts(body, options.idleTimeoutMs)) {
    parser.feed(text);
    yield* arrived.splice(0);
  }
}

/** One value per line; a half line at the end is an answer that broke off, and fails. */
export async function* jsonLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  let rest = '';
  for await (const text of texts(body, undefined)) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
  if (rest.trim() !== '') yield JSON.parse(rest);
}

async function* texts(body: ReadableStream<Uint8Array>, idleTimeoutMs: number | undefined): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await within(idleTimeoutMs, reader.read());
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    // Also when the reader of this stopped early: the other side should stop working for us.
    await reader.cancel().catch(() => {});
  }
}

async function within<T>(ms: number | undefined, promise: Promise<T>): Promise<T> {
  if (ms === undefined) return promise;
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Silent(ms)), ms);
  });
  promise.catch(() => {});
  return Promise.race([promise, silence]).finally(() => clearTimeout(timer));
}
