import { invalidField } from '../http/api-error.ts';
import { namedFrame } from '../http/events.ts';
import type { Exchange, JsonObject } from '../http/exchange.ts';
import { shortId } from '../http/exchange.ts';
import type { Choice, Dialect } from '../http/serve-generation.ts';
import { serveGeneration, textSoFar } from '../http/serve-generation.ts';
import { findModel, planChoices, usageOf } from './generation-request.ts';
import { readParameters } from './parameters.ts';
import { renderTurns, turnsOf } from './prompt-text.ts';
import { turnsBefore } from './stored-responses.ts';

/** OpenAI's Responses API: text answers only. */
function responseObject(body: JsonObject, id: string, model: string, createdAt: number) {
  return (state: 'in_progress' | 'completed' | 'incomplete', output: unknown[], usage: unknown) => ({
    id,
    created_at: createdAt,
    incomplete_details: state === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: body.instructions ?? null,
    metadata: body.metadata ?? null,
    model,
    object: 'response',
    output,
    parallel_tool_calls: true,
    temperature: body.temperature ?? 1,
    tool_choice: body.tool_choice ?? 'none',
    tools: [],
    top_p: body.top_p ?? 1,
    background: false,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    previous_response_id: body.previous_response_id ?? null,
    prompt: null,
    reasoning: null,
    service_tier: 'auto',
    status: state,
    text: body.text ?? null,
    top_logprobs: null,
    truncation: 'disabled',
    usage,
    user: body.user ?? null,
    presence_penalty: 0,
    frequency_penalty: 0,
    kv_transfer_params: null,
    ec_transfer_params: null,
    input_messages: null,
    output_messages: null,
  });
}

function responseUsage(choices: readonly Choice[]) {
  const { prompt, completion, cached } = usageOf(choices);
  return {
    input_tokens: prompt,
    input_tokens_details: {
      cached_tokens: cached,
      cache_write_tokens: 0,
      input_tokens_per_turn: [],
      cached_tokens_per_turn: [],
    },
    output_tokens: completion,
    output_tokens_details: {
      reasoning_tokens: 0,
      tool_output_tokens: 0,
      output_tokens_per_turn: [],
      tool_output_tokens_per_turn: [],
    },
    total_tokens: prompt + completion,
  };
}

function textPart(text: string) {
  return { annotations: [], text, type: 'output_text', logprobs: null };
}

function responsesDialect(response: ReturnType<typeof responseObject>, made: (response: JsonObject) => void): Dialect {
  const messageId = `msg_${shortId()}`;
  const message = (content: unknown[], status: string) => ({
    id: messageId,
    content,
    role: 'assistant',
    status,
    type: 'message',
    phase: null,
  });
  const full = (choices: readonly Choice[]) => {
    const state = choices.some(({ ended }) => ended === 'length') ? 'incomplete' : 'completed';
    const text = choices.map(textSoFar).join('');
    const whole = response(state, [message([textPart(text)], 'completed')], responseUsage(choices));
    made(whole);
    return whole;
  };
  let sequence = 0;
  const frame = (type: string, fields: object) => {
    const event = { ...fields, sequence_number: sequence, type };
    sequence += 1;
    return namedFrame(type, event);
  };
  const place = { item_id: messageId, output_index: 0, content_index: 0 };
  return {
    plain: full,
    open: () =>
      frame('response.created', { response: response('in_progress', [], null) }) +
      frame('response.in_progress', { response: response('in_progress', [], null) }) +
      frame('response.output_item.added', { item: message([], 'in_progress'), output_index: 0 }) +
      frame('response.content_part.added', { ...place, part: textPart('') }),
    token: (_choice, piece) =>
      piece === '' ? '' : frame('response.output_text.delta', { ...place, delta: piece, logprobs: [] }),
    close(choices) {
      const text = choices.map(textSoFar).join('');
      return (
        frame('response.output_text.done', { ...place, text, logprobs: [] }) +
        frame('response.content_part.done', { ...place, part: textPart(text) }) +
        frame('response.output_item.done', { item: message([textPart(text)], 'completed'), output_index: 0 }) +
        frame('response.completed', { response: full(choices) })
      );
    },
  };
}

export async function responses(exchange: Exchange): Promise<void> {
  const { simulation } = exchange;
  const body = await exchange.body();
  if (body.input === undefined) throw invalidField('body.input', 'missing', 'Field required', body);
  const parameters = readParameters({ ...body, n: 1, stream_options: undefined }, ['max_output_tokens']);
  const model = findModel(simulation, body.model);
  const turns = [...turnsBefore(simulation, body.previous_response_id), ...turnsOf(body.input)];
  const prompt = renderTurns(body.instructions, turns);
  const choices = planChoices(simulation, { prompt, parameters, usualMaxTokens: null, model });
  const id = `resp_${exchange.newId()}`;
  const object = responseObject(body, id, model.name, simulation.createdUnix);
  const keeps = simulation.settings.storesResponses && body.store !== false;
  const maxTokens = parameters.maxTokens ?? simulation.settings.maxModelLen;
  serveGeneration(exchange, {
    choices,
    dialect: responsesDialect(object, (response) => {
      if (keeps) simulation.storedResponses.set(id, { response, turns });
    }),
    isStream: parameters.isStream,
    adapter: model.adapter,
    maxTokens,
  });
}
