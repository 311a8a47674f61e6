import { textOf } from '../engine/tokenizer.ts';
import { invalidField } from '../http/api-error.ts';
import { dataFrame, doneFrame } from '../http/events.ts';
import type { Exchange, JsonObject } from '../http/exchange.ts';
import type { Choice, Dialect } from '../http/serve-generation.ts';
import { serveGeneration, textSoFar } from '../http/serve-generation.ts';
import type { Simulation } from '../simulation.ts';
import { findModel, openAiUsage, planChoices, streamUsage } from './generation-request.ts';
import type { Wanted } from './logprobs.ts';
import { completionLogprobs, completionLogprobsWanted } from './logprobs.ts';
import type { Parameters } from './parameters.ts';
import { readParameters } from './parameters.ts';

const usualMaxTokens = 16;

/** A text, token ids, or a list of either. */
function readPrompts(prompt: unknown): string[] {
  if (typeof prompt === 'string') return [prompt];
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (prompt.every((one) => typeof one === 'number')) return [textOf(prompt)];
    const prompts = prompt.map((one: unknown) => (Array.isArray(one) ? textOf(one.map(Number)) : one));
    if (prompts.every((one) => typeof one === 'string')) return prompts;
  }
  throw invalidField('body.prompt', 'string_type', 'Input should be a valid string', prompt);
}

type Answer = {
  readonly simulation: Simulation;
  readonly id: string;
  readonly model: string;
  readonly created: number;
  readonly parameters: Parameters;
  readonly logprobs: Wanted;
  readonly hasEcho: boolean;
};

function completionDialect(answer: Answer): Dialect {
  const { simulation, parameters, logprobs } = answer;
  const head = { id: answer.id, object: 'text_completion', created: answer.created, model: answer.model };
  const fingerprint = { system_fingerprint: simulation.systemFingerprint };
  const echoOf = (choice: Choice) => (answer.hasEcho ? choice.prompt : '');
  const logprobsOf = (choice: Choice, from: number) =>
    logprobs === null ? null : completionLogprobs(choice, from, choice.produced, logprobs);
  return {
    plain: (choices) => ({
      ...head,
      choices: choices.map((choice) => ({
        index: choice.index,
        text: echoOf(choice) + textSoFar(choice),
        logprobs: logprobsOf(choice, 0),
        finish_reason: choice.ended,
        stop_reason: choice.output.stopReason,
        token_ids: null,
        prompt_logprobs: null,
        prompt_token_ids: null,
        routed_experts: null,
      })),
      service_tier: null,
      ...fingerprint,
      usage: openAiUsage(simulation, choices),
      kv_transfer_params: null,
      ec_transfer_params: null,
      metrics: null,
    }),
    open: () => '',
    token(choice, piece, choices) {
      const one = {
        index: choice.index,
        text: (choice.produced === 1 ? echoOf(choice) : '') + piece,
        logprobs: logprobsOf(choice, choice.produced - 1),
        finish_reason: choice.ended,
        stop_reason: choice.ended === null ? null : choice.output.stopReason,
        prompt_token_ids: null,
        token_ids: null,
      };
      const usage = parameters.continuousUsage ? { usage: streamUsage(simulation, choices) } : {};
      const isEnd = !parameters.includeUsage && choices.every(({ ended }) => ended !== null);
      return dataFrame({ ...head, choices: [one], ...usage, ...(isEnd ? fingerprint : {}) });
    },
    close(choices) {
      if (!parameters.includeUsage) return doneFrame;
      const usage = { ...head, choices: [], usage: streamUsage(simulation, choices), ...fingerprint };
      return `${dataFrame(usage)}${doneFrame}`;
    },
  };
}

export async function completions(exchange: Exchange): Promise<void> {
  const { simulation } = exchange;
  const body: JsonObject = await exchange.body();
  if (body.prompt === undefined) throw invalidField('body.prompt', 'missing', 'Field required', body);
  const prompts = readPrompts(body.prompt);
  const parameters = readParameters(body, ['max_tokens']);
  const logprobs = completionLogprobsWanted(body);
  const model = findModel(simulation, body.model);
  const choices = prompts.flatMap((prompt, i) =>
    planChoices(simulation, { prompt, parameters, usualMaxTokens, model }, i * parameters.n),
  );
  const dialect = completionDialect({
    simulation,
    id: `cmpl-${exchange.newId()}`,
    model: model.name,
    created: simulation.createdUnix,
    parameters,
    logprobs,
    hasEcho: body.echo === true,
  });
  const maxTokens = parameters.maxTokens ?? usualMaxTokens;
  serveGeneration(exchange, { choices, dialect, isStream: parameters.isStream, adapter: model.adapter, maxTokens });
}
