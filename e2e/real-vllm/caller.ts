import OpenAI from 'openai';

export const messages = [{ role: 'user' as const, content: 'Say something about the harbour.' }];
/** With `ignore_eos` the engine writes as many as asked for: some seconds of work. */
export const longTokens = 900;
/** What a long stream ends with when nothing broke it. */
export const wholeStream = { finishReason: 'length', tokens: longTokens };

/** Who calls the model: the official client, with no retries that would hide a failure. */
export interface Caller {
  openai: OpenAI;
  /** The same weights say the same: what they say tells who answered, whatever a header claims. */
  words(): Promise<{ text: string; version: string | null }>;
  /** A stream of some seconds, of which the first frame has come; `ended` settles with what came in all. */
  longStream(): Promise<LongStream>;
  post(url: string, body: unknown): Promise<{ status: number; text: string }>;
}

export interface LongStream {
  version: string | null;
  abort(): void;
  ended: Promise<{ finishReason: string | undefined; tokens: number | undefined }>;
}

export function createCaller(gatewayUrl: string, key: string): Caller {
  const openai = new OpenAI({ apiKey: key, baseURL: `${gatewayUrl}/v1`, maxRetries: 0 });
  return {
    openai,
    words: async () => {
      const asked = openai.chat.completions.create({ model: 'chat', messages, max_tokens: 24, temperature: 0 });
      const { data, response } = await asked.withResponse();
      const text = data.choices[0]?.message.content ?? '';
      return { text, version: response.headers.get('x-signalbox-model-version') };
    },
    longStream: () => longStream(openai),
    post: async (url, body) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, text: await response.text() };
    },
  };
}

async function longStream(openai: OpenAI): Promise<LongStream> {
  const body = { model: 'chat', messages, max_tokens: longTokens, stream: true as const, ignore_eos: true };
  const asked = openai.chat.completions.create({ ...body, stream_options: { include_usage: true } });
  const { data, response } = await asked.withResponse();
  const frames = data[Symbol.asyncIterator]();
  await frames.next();
  const ended = (async () => {
    let finishReason: string | undefined;
    let tokens: number | undefined;
    for (let frame = await frames.next(); frame.done !== true; frame = await frames.next()) {
      finishReason = frame.value.choices[0]?.finish_reason ?? finishReason;
      tokens = frame.value.usage?.completion_tokens ?? tokens;
    }
    return { finishReason, tokens };
  })();
  return { version: response.headers.get('x-signalbox-model-version'), abort: () => data.controller.abort(), ended };
}
