/** Where APIs keep what people and models say. Images, audio and tool schemas stand under other names. */
const spoken = new Set([
  ...['content', 'text', 'prompt', 'input', 'instructions', 'system', 'suffix', 'query', 'documents', 'text_input'],
  ...['delta', 'thinking', 'reasoning', 'reasoning_content', 'refusal', 'arguments', 'partial_json', 'text_output'],
]);
const maxDepth = 32;

/** What was asked, in one text; undefined when the body is no JSON. */
export function promptText(body: Buffer): string | undefined {
  const parsed = parse(body.toString());
  return parsed === undefined ? undefined : said(parsed).join('\n');
}

/** What was answered. Of a stream the pieces put together, since what must be redacted may lie across events. */
export function completionText(answer: Buffer, isEventStream: boolean): string | undefined {
  if (isEventStream) return streamText(answer.toString());
  const parsed = parse(answer.toString());
  return parsed === undefined ? undefined : said(parsed).join('\n');
}

function streamText(stream: string): string {
  const byChoice = new Map<unknown, string>();
  for (const line of stream.split('\n')) {
    if (!line.startsWith('data:')) continue;
    const event = parse(line.slice('data:'.length));
    if (!isObject(event) || repeatsWhole(event)) continue;
    const parts = Array.isArray(event.choices) ? event.choices.filter(isObject) : [event];
    for (const part of parts) byChoice.set(part.index, (byChoice.get(part.index) ?? '') + said(part).join(''));
  }
  return [...byChoice.values()].filter((text) => text !== '').join('\n');
}

/** The Responses API tells everything once more when a part or the whole is done. */
function repeatsWhole({ type }: Record<string, unknown>): boolean {
  return typeof type === 'string' && type.startsWith('response.') && !type.endsWith('.delta');
}

function said(value: unknown, isSpoken = false, depth = 0): string[] {
  if (typeof value === 'string') return isSpoken ? [value] : [];
  if (depth > maxDepth) return [];
  if (Array.isArray(value)) return value.flatMap((item) => said(item, isSpoken, depth + 1));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => said(inner, spoken.has(name), depth + 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
