import type { TokenCounts } from '@signalbox/domain';
import { wordOf } from '../json/finish-reason.ts';
import { countsIn } from '../json/usage-counts.ts';
import { type Fields, fieldsOf, listOf, messageId, stopOf, textOf, thoughtsIn } from './chat-answer.ts';

/** An OpenAI chat's answer as an Anthropic message; undefined when it is no such answer. */
export function toMessage(
  answer: unknown,
  model: string,
): { message: object; usage: TokenCounts | undefined; finishReason: string | null } | undefined {
  const completion = fieldsOf(answer);
  const choice = fieldsOf(listOf(completion.choices)[0]);
  if (choice.message === undefined) return undefined;
  const said = fieldsOf(choice.message);
  const thoughts = thoughtsIn(said);
  const text = textOf(said.content) || textOf(said.refusal);
  const calls = listOf(said.tool_calls).map((call, index) => toolUse(fieldsOf(call), index));
  const usage = countsIn(completion.usage);
  return {
    usage,
    finishReason: wordOf(choice.finish_reason),
    message: {
      id: messageId(completion.id),
      type: 'message',
      role: 'assistant',
      model,
      content: [
        ...(thoughts === '' ? [] : [{ type: 'thinking', thinking: thoughts, signature: '' }]),
        ...(text === '' ? [] : [{ type: 'text', text }]),
        ...calls,
      ],
      ...stopOf(choice, calls.length > 0),
      usage: messageUsage(usage),
    },
  };
}

/** Anthropic's input leaves out what the cache gave. */
export function messageUsage(usage: TokenCounts | undefined) {
  const { input = 0, cached = 0, output = 0 } = usage ?? {};
  return {
    input_tokens: Math.max(0, input - cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: output,
  };
}

function toolUse(call: Fields, index: number) {
  const { name, arguments: text } = fieldsOf(call.function);
  return {
    type: 'tool_use',
    id: textOf(call.id) || `toolu_${index}`,
    name: textOf(name),
    input: inputOf(textOf(text)),
  };
}

/** Models write arguments that are no JSON now and then: the caller gets to see what was written. */
function inputOf(text: string): unknown {
  try {
    const input: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : { value: input };
  } catch {
    return { unparsed: text };
  }
}
