import { badRequest, invalidField } from '../http/api-error.ts';
import { dataFrame, doneFrame } from '../http/events.ts';
import type { Exchange } from '../http/exchange.ts';
import { shortId } from '../http/exchange.ts';
import type { Choice, Dialect } from '../http/serve-generation.ts';
import { serveGeneration, textSoFar } from '../http/serve-generation.ts';
import type { Simulation } from '../simulation.ts';
import { fixedTextFor } from './fixed-text.ts';
import { findModel, openAiUsage, planChoices, streamUsage } from './generation-request.ts';
import type { Wanted } from './logprobs.ts';
import { chatLogprobs, chatLogprobsWanted } from './logprobs.ts';
import type { Parameters } from './parameters.ts';
import { readParameters } from './parameters.ts';
import { renderChat } from './prompt-text.ts';

type Answer = {
  readonly simulation: Simulation;
  readonly id: string;
  readonly model: string;
  readonly created: number;
  readonly parameters: Parameters;
  readonly logprobs: Wanted;
  readonly finishReason: (choice: Choice) => string | null;
};

function toolCall(choice: Choice) {
  return {
    id: `chatcmpl-tool-${shortId()}`,
    type: 'function',
    function: { name: choice.toolName, arguments: textSoFar(choice) },
  };
}

function plainChoice(choice: Choice, answer: Answer) {
  const isCall = choice.toolName !== null;
  return {
    index: choice.index,
    message: {
      role: 'assistant',
      content: isCall ? '' : textSoFar(choice),
      refusal: null,
      annotations: null,
      audio: null,
      function_call: null,
      ...(isCall ? { tool_calls: [toolCall(choice)] } : {}),
      reasoning: null,
    },
    logprobs: answer.logprobs === null ? null : chatLogprobs(choice, 0, choice.produced, answer.logprobs),
    finish_reason: answer.finishReason(choice),
    stop_reason: choice.output.stopReason,
    token_ids: null,
    routed_experts: null,
  };
}

function delta(choice: Choice, piece: string): unknown {
  if (choice.toolName === null) return { content: piece };
  const head = choice.produced <= 1 ? { id: `chatcmpl-tool-${shortId()}`, type: 'function' } : {};
  const named = choice.produced <= 1 ? { name: choice.toolName } : {};
  return { tool_calls: [{ index: 0, ...head, function: { ...named, arguments: piece } }] };
}

function chatDialect(answer: Answer): Dialect {
  const { simulation, parameters, logprobs } = answer;
  const head = { id: answer.id, object: 'chat.completion.chunk', created: answer.created, model: answer.model };
  const usageSoFar = (choices: readonly Choice[]) =>
    parameters.continuousUsage ? { usage: streamUsage(simulation, choices) } : {};
  const fingerprint = { system_fingerprint: simulation.systemFingerprint };
  return {
    plain: (choices) => ({
      id: answer.id,
      object: 'chat.completion',
      created: answer.created,
      model: answer.model,
      choices: choices.map((choice) => plainChoice(choice, answer)),
      service_tier: null,
      ...fingerprint,
      usage: openAiUsage(simulation, choices),
      prompt_logprobs: null,
      prompt_token_ids: null,
      prompt_text: null,
      kv_transfer_params: null,
      ec_transfer_params: null,
      metrics: null,
    }),
    open: (choices) =>
      choices
        .map(({ index }) => {
          const first = { index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null };
          return dataFrame({
            ...head,
            choices: [first],
            ...usageSoFar(choices),
            prompt_token_ids: null,
            prompt_text: null,
          });
        })
        .join(''),
    token(choice, piece, choices) {
      const place = choice.produced;
      const isLast = choice.ended !== null;
      const one = {
        index: choice.index,
        delta: delta(choice, piece),
        logprobs: logprobs === null ? null : chatLogprobs(choice, place - 1, place, logprobs),
        finish_reason: answer.finishReason(choice),
        ...(isLast ? { stop_reason: choice.output.stopReason } : {}),
        token_ids: null,
      };
      // The fingerprint is in the last frame with content, unless a frame with the usage comes after it.
      const isEnd = isLast && !parameters.includeUsage && choices.every(({ ended }) => ended !== null);
      return dataFrame({ ...head, choices: [one], ...usageSoFar(choices), ...(isEnd ? fingerprint : {}) });
    },
    close(choices) {
      if (!parameters.includeUsage) return doneFrame;
      const usage = { ...head, choices: [], usage: streamUsage(simulation, choices), ...fingerprint };
      return `${dataFrame(usage)}${doneFrame}`;
    },
  };
}

export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { simulation } = exchange;
  const body = await exchange.body();
  const { messages } = body;
  if (messages === undefined) throw invalidField('body.messages', 'missing', 'Field required', body);
  if (!Array.isArray(messages)) {
    throw invalidField('body.messages', 'list_type', 'Input should be a valid list', messages);
  }
  const parameters = readParameters(body, ['max_completion_tokens', 'max_tokens']);
  const logprobs = chatLogprobsWanted(body);
  const model = findModel(simulation, body.model);
  if (messages.length === 0) throw badRequest('messages must not be empty', 'messages');
  const prompt = renderChat(messages, body.tools);
  const { fixedText, toolName } = fixedTextFor(body, simulation, prompt);
  const choices = planChoices(simulation, { prompt, parameters, usualMaxTokens: null, fixedText, toolName, model });
  const finishReason = (choice: Choice) => {
    // A call that was asked for by name ends with `stop`, one that was merely required with `tool_calls`.
    const isRequiredCall = choice.toolName !== null && body.tool_choice === 'required';
    return isRequiredCall && choice.ended === 'stop' ? 'tool_calls' : choice.ended;
  };
  const dialect = chatDialect({
    simulation,
    id: `chatcmpl-${exchange.newId()}`,
    model: model.name,
    created: simulation.createdUnix,
    parameters,
    logprobs,
    finishReason,
  });
  const maxTokens = parameters.maxTokens ?? simulation.settings.maxModelLen;
  serveGeneration(exchange, { choices, dialect, isStream: parameters.isStream, adapter: model.adapter, maxTokens });
}
