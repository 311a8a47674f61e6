import type { JsonObject } from '../http/exchange.ts';
import { isObject } from '../http/exchange.ts';

/** Text parts are joined; any other part (an image, a sound) stands as its type. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => {
      if (!isObject(part)) return '';
      return typeof part.text === 'string' ? part.text : `<${String(part.type)}>`;
    })
    .join('');
}

function renderMessage(message: unknown): string {
  if (!isObject(message)) return '';
  const calls = message.tool_calls === undefined ? '' : JSON.stringify(message.tool_calls);
  return `<|im_start|>${String(message.role)}\n${contentText(message.content)}${calls}<|im_end|>\n`;
}

/** A ChatML prompt: like messages give like prefixes, which is what the prefix cache is about. */
export function renderChat(messages: readonly unknown[], tools?: unknown): string {
  const toolText = Array.isArray(tools) && tools.length > 0 ? `<|tools|>${JSON.stringify(tools)}\n` : '';
  return `${toolText}${messages.map(renderMessage).join('')}<|im_start|>assistant\n`;
}

/** The Responses and Messages APIs name their turns differently; all become one chat prompt. */
export function renderTurns(system: unknown, turns: unknown): string {
  const list: JsonObject[] = [];
  const instructions = contentText(system);
  if (instructions !== '') list.push({ role: 'system', content: instructions });
  list.push(...turnsOf(turns));
  return renderChat(list);
}

/** A text alone is the user's turn. */
export function turnsOf(turns: unknown): readonly JsonObject[] {
  if (typeof turns === 'string') return [{ role: 'user', content: turns }];
  return Array.isArray(turns) ? turns.filter(isObject) : [];
}
