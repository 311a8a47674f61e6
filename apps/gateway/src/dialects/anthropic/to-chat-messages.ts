import type { AnthropicMessage, TextOrImage } from './messages-request.ts';

type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

export type ChatMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | Part[] }
  | { role: 'assistant'; content: string | null; reasoning_content?: string; tool_calls?: ToolCall[] }
  | { role: 'tool'; tool_call_id: string; content: string };

interface ToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** The conversation as an OpenAI chat, the system prompt as its first message. */
export function toChatMessages(
  system: string | readonly { text: string }[] | undefined,
  messages: readonly AnthropicMessage[],
): ChatMessage[] {
  const prompt = typeof system === 'string' ? system : (system ?? []).map(({ text }) => text).join('\n\n');
  const first: ChatMessage[] = prompt === '' ? [] : [{ role: 'system', content: prompt }];
  return [
    ...first,
    ...messages.flatMap((message) => (message.role === 'user' ? userMessages(message) : [assistantMessage(message)])),
  ];
}

type Turn<Role> = Extract<AnthropicMessage, { role: Role }>;

/**
 * Results of tools are messages of their own, right behind the calls. A tool's message has no place for images: those
 * follow in the user's.
 */
function userMessages({ content }: Turn<'user'>): ChatMessage[] {
  if (typeof content === 'string') return [{ role: 'user', content }];
  const results: ChatMessage[] = [];
  const parts: Part[] = [];
  for (const block of content) {
    if (block.type !== 'tool_result') {
      parts.push(partOf(block));
      continue;
    }
    const inner = typeof block.content === 'string' ? [{ type: 'text', text: block.content } as const] : block.content;
    const texts = (inner ?? []).flatMap((one) => (one.type === 'text' ? [one.text] : []));
    const told = texts.join('\n');
    results.push({
      role: 'tool',
      tool_call_id: block.tool_use_id,
      content: block.is_error === true ? `Error: ${told}` : told,
    });
    parts.push(...(inner ?? []).filter(({ type }) => type === 'image').map(partOf));
  }
  const [only] = parts;
  if (only === undefined) return results;
  return [...results, { role: 'user', content: parts.length === 1 && only.type === 'text' ? only.text : parts }];
}

function partOf(block: TextOrImage): Part {
  if (block.type === 'text') return { type: 'text', text: block.text };
  const { source } = block;
  const url = source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`;
  return { type: 'image_url', image_url: { url } };
}

function assistantMessage({ content }: Turn<'assistant'>): ChatMessage {
  if (typeof content === 'string') return { role: 'assistant', content };
  const texts: string[] = [];
  const thoughts: string[] = [];
  const calls: ToolCall[] = [];
  for (const block of content) {
    if (block.type === 'text') texts.push(block.text);
    else if (block.type === 'thinking') thoughts.push(block.thinking);
    else {
      const { id, name, input } = block;
      calls.push({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } });
    }
  }
  return {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join(''),
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('') }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}
