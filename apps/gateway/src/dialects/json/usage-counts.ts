import type { TokenCounts } from '@signalbox/domain';

/**
 * Token counts from the `usage` object of any API: OpenAI's two spellings, Anthropic's (whose input leaves out what
 * the cache gave), SGLang's own place for reasoning. Undefined when it tells no tokens, as of audio by its length.
 */
export function countsIn(usage: unknown): TokenCounts | undefined {
  if (!isObject(usage)) return undefined;
  const cacheRead = count(usage.cache_read_input_tokens);
  const cacheCreation = count(usage.cache_creation_input_tokens);
  const named = count(usage.prompt_tokens) ?? count(usage.input_tokens);
  const output = count(usage.completion_tokens) ?? count(usage.output_tokens);
  const input = named ?? (output === undefined ? count(usage.total_tokens) : undefined);
  if (input === undefined && output === undefined) return undefined;
  return {
    input: (input ?? 0) + (cacheRead ?? 0) + (cacheCreation ?? 0),
    cached: cacheRead ?? detail(usage, ['prompt_tokens_details', 'input_tokens_details'], 'cached_tokens') ?? 0,
    output: output ?? 0,
    reasoning:
      detail(usage, ['completion_tokens_details', 'output_tokens_details'], 'reasoning_tokens') ??
      count(usage.reasoning_tokens) ??
      0,
  };
}

/** The same from the text of the object. Engines are not trusted to write JSON. */
export function countsInText(text: string): TokenCounts | undefined {
  try {
    return countsIn(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function detail(usage: Fields, places: readonly string[], name: string): number | undefined {
  for (const place of places) {
    const details = usage[place];
    if (isObject(details)) return count(details[name]);
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
