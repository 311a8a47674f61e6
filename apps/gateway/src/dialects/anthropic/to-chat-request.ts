import {
  type CountTokensRequest,
  countTokensRequest,
  type MessagesRequest,
  messagesRequest,
} from './messages-request.ts';
import { type Parsed, parseRequest } from './parse-request.ts';
import { toChatMessages } from './to-chat-messages.ts';

/** Engines that answer `/v1/messages` themselves, and better than a translation could. */
const nativeEngines: ReadonlySet<string> = new Set(['vllm', 'sglang', 'simulated']);

export function needsTranslation(engine: string): boolean {
  return !nativeEngines.has(engine);
}

/** The body for `/v1/chat/completions` that asks what a body for `/v1/messages` asks, under the engine's model name. */
export function toChatRequest(body: Buffer, servedModelName: string): Parsed<Buffer> {
  const parsed = parseRequest(body, messagesRequest);
  if (parsed.kind === 'refused') return parsed;
  return { kind: 'read', value: Buffer.from(JSON.stringify({ ...chatRequest(parsed.value), model: servedModelName })) };
}

/** The body for the engine's `/tokenize` that counts what `/v1/messages/count_tokens` is asked to count. */
export function toTokenizeRequest(body: Buffer, servedModelName: string): Parsed<Buffer> {
  const parsed = parseRequest(body, countTokensRequest);
  if (parsed.kind === 'refused') return parsed;
  const { tools } = promptOf(parsed.value);
  const messages = toChatMessages(parsed.value.system, parsed.value.messages);
  const request = { model: servedModelName, messages, ...(tools && { tools }), add_generation_prompt: true };
  return { kind: 'read', value: Buffer.from(JSON.stringify(request)) };
}

function chatRequest(request: MessagesRequest) {
  const { max_tokens, stream, stop_sequences, temperature, top_p, top_k, metadata, output_config } = request;
  const effort = output_config?.effort ?? effortOf(request.thinking);
  const format = output_config?.format;
  return {
    messages: toChatMessages(request.system, request.messages),
    max_tokens,
    ...(stream === true ? { stream, stream_options: { include_usage: true } } : {}),
    ...(stop_sequences === undefined || stop_sequences.length === 0 ? {} : { stop: stop_sequences }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(top_p === undefined ? {} : { top_p }),
    ...(top_k === undefined ? {} : { top_k }),
    ...(metadata?.user_id ? { user: metadata.user_id } : {}),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(format
      ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema } } }
      : {}),
    ...promptOf(request),
  };
}

function promptOf({ tools, tool_choice: choice }: CountTokensRequest) {
  const isSingle = choice !== undefined && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use;
  return {
    ...(tools === undefined || tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, input_schema: parameters, strict }) => ({
            type: 'function',
            function: {
              name,
              ...(description === undefined ? {} : { description }),
              parameters,
              ...(strict === undefined ? {} : { strict }),
            },
          })),
        }),
    ...(choice === undefined ? {} : { tool_choice: toolChoice(choice) }),
    ...(isSingle ? { parallel_tool_calls: false } : {}),
  };
}

function toolChoice(choice: NonNullable<CountTokensRequest['tool_choice']>) {
  if (choice.type === 'tool') return { type: 'function', function: { name: choice.name } };
  return choice.type === 'any' ? 'required' : choice.type;
}

/** A budget of tokens as the three steps that OpenAI's field has. `adaptive` leaves it to the model. */
function effortOf(thinking: MessagesRequest['thinking']): string | undefined {
  if (thinking?.type !== 'enabled') return undefined;
  if (thinking.budget_tokens < 4_096) return 'low';
  return thinking.budget_tokens < 16_384 ? 'medium' : 'high';
}
