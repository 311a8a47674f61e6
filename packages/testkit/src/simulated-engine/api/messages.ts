import { invalidField } from '../http/api-error.ts';
import { namedFrame } from '../http/events.ts';
import type { Exchange, JsonObject } from '../http/exchange.ts';
import type { Choice, Dialect } from '../http/serve-generation.ts';
import { serveGeneration, textSoFar } from '../http/serve-generation.ts';
import { countPromptTokens, findModel, planChoices, usageOf } from './generation-request.ts';
import { readParameters } from './parameters.ts';
import { renderTurns } from './prompt-text.ts';

/** Anthropic's Messages API, as vLLM offers it. */
function stopReason(choice: Choice): string {
  if (choice.ended === 'length') return 'max_tokens';
  return choice.output.stopReason === null ? 'end_turn' : 'stop_sequence';
}

function usage(choices: readonly Choice[]) {
  const { prompt, completion } = usageOf(choices);
  return { input_tokens: prompt, output_tokens: completion };
}

function messagesDialect(id: string, model: string): Dialect {
  const head = { id, type: 'message', role: 'assistant' };
  return {
    plain: (choices) => ({
      ...head,
      content: choices.map((choice) => ({ type: 'text', text: textSoFar(choice) })),
      model,
      // Unset fields are left out here, `stop_sequence` with them; in a stream they are null.
      ...Object.fromEntries(choices.slice(0, 1).map((choice) => ['stop_reason', stopReason(choice)])),
      ...Object.fromEntries(
        choices.filter(({ output }) => output.stopReason).map(({ output }) => ['stop_sequence', output.stopReason]),
      ),
      usage: usage(choices),
    }),
    open(choices) {
      const { prompt } = usageOf(choices);
      const message = {
        ...head,
        content: [],
        model,
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: prompt, output_tokens: 0 },
      };
      const block = { type: 'content_block_start', content_block: { type: 'text', text: '' }, index: 0 };
      return namedFrame('message_start', { type: 'message_start', message }) + namedFrame(block.type, block);
    },
    token(_choice, piece) {
      if (piece === '') return '';
      const delta = { type: 'content_block_delta', delta: { type: 'text_delta', text: piece }, index: 0 };
      return namedFrame(delta.type, delta);
    },
    close(choices) {
      const stop = { type: 'content_block_stop', index: 0 };
      const deltas = choices.slice(0, 1).map((choice) => ({
        type: 'message_delta',
        delta: { stop_reason: stopReason(choice), stop_sequence: choice.output.stopReason },
        usage: usage(choices),
      }));
      const end = { type: 'message_stop' };
      return [stop, ...deltas, end].map((event) => namedFrame(event.type, event)).join('');
    },
  };
}

function readTurns(body: JsonObject): string {
  if (!Array.isArray(body.messages)) throw invalidField('body.messages', 'missing', 'Field required', body);
  return renderTurns(body.system, body.messages);
}

export async function messages(exchange: Exchange): Promise<void> {
  const { simulation } = exchange;
  const body = await exchange.body();
  const prompt = readTurns(body);
  if (body.max_tokens === undefined) throw invalidField('body.max_tokens', 'missing', 'Field required', body);
  const parameters = readParameters({ ...body, stop: body.stop_sequences, n: 1 }, ['max_tokens']);
  const model = findModel(simulation, body.model);
  const choices = planChoices(simulation, { prompt, parameters, usualMaxTokens: null, model });
  const dialect = messagesDialect(`chatcmpl-${exchange.newId()}`, model.name);
  const maxTokens = parameters.maxTokens ?? simulation.settings.maxModelLen;
  serveGeneration(exchange, { choices, dialect, isStream: parameters.isStream, adapter: model.adapter, maxTokens });
}

export async function countMessageTokens(exchange: Exchange): Promise<void> {
  const body = await exchange.body();
  findModel(exchange.simulation, body.model);
  exchange.json({ input_tokens: countPromptTokens(exchange.simulation, readTurns(body), null) });
}
