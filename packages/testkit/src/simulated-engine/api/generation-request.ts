import { planOutput } from '../engine/output-text.ts';
import { hash32 } from '../engine/random.ts';
import { promptTokens } from '../engine/tokenizer.ts';
import { badParameter, unknownModel } from '../http/api-error.ts';
import type { Choice } from '../http/serve-generation.ts';
import type { Simulation } from '../simulation.ts';
import type { Parameters } from './parameters.ts';

export type NamedModel = {
  /** As answers name it: the first served name, or the adapter's. */
  readonly name: string;
  readonly adapter: string | null;
};

/** vLLM serves its base model when a request names none. */
export function findModel({ settings, adapters }: Simulation, given: unknown): NamedModel {
  const base = settings.servedModelNames[0];
  if (given === undefined || given === null || given === '') return { name: base, adapter: null };
  const name = String(given);
  if (adapters.has(name)) return { name, adapter: name };
  if (settings.servedModelNames.includes(name)) return { name: base, adapter: null };
  throw unknownModel(name, [...settings.servedModelNames, ...adapters.keys()]);
}

/** Characters per token that no prompt exceeds, by vLLM's rule: a longer one is refused before it is tokenized. */
const mostCharactersPerToken = 8;

export function countPromptTokens({ settings }: Simulation, prompt: string, maxTokens: number | null): number {
  const limit = settings.maxModelLen;
  const inputLimit = limit - (maxTokens ?? 0);
  const mostCharacters = inputLimit * mostCharactersPerToken;
  if (inputLimit > 0 && prompt.length > mostCharacters) {
    const message =
      `This model's maximum context length is ${limit} tokens. However, your prompt contains ${prompt.length} ` +
      `characters (more than ${mostCharacters} characters, which is the upper bound for ${inputLimit} input tokens). ` +
      'Please reduce the length of the input prompt';
    throw badParameter('input_text', message, String(prompt.length));
  }
  const count = promptTokens(Buffer.byteLength(prompt, 'utf8'));
  if (count + (maxTokens ?? 1) > limit) {
    const message =
      `This model's maximum context length is ${limit} tokens. However, you requested ${maxTokens ?? 0} output tokens ` +
      `and your prompt contains ${count} input tokens, for a total of ${count + (maxTokens ?? 0)} tokens. ` +
      'Please reduce the length of the input prompt or the number of requested output tokens';
    throw badParameter('input_tokens', message, String(count));
  }
  return count;
}

export type Wish = {
  readonly prompt: string;
  readonly parameters: Parameters;
  /** What the API gives when the request names no limit; null is all the context there is. */
  readonly usualMaxTokens: number | null;
  readonly fixedText?: string | null;
  readonly toolName?: string | null;
  readonly model: NamedModel;
};

/** The choices of one prompt, numbered from `firstIndex`. */
export function planChoices(simulation: Simulation, wish: Wish, firstIndex = 0): Choice[] {
  const { prompt, parameters, usualMaxTokens, fixedText = null, toolName = null, model } = wish;
  const { settings, faults } = simulation;
  const wanted = parameters.maxTokens ?? usualMaxTokens;
  const tokens = countPromptTokens(simulation, prompt, parameters.maxTokens);
  const isGarbage = faults.garbage || simulation.hasLostWeights;
  const baseSeed = hash32(`${model.name}\n${prompt}`, settings.simulation.seed ^ parameters.seed);
  return Array.from({ length: parameters.n }, (_, i) => ({
    index: firstIndex + i,
    prompt,
    promptTokens: tokens,
    output: planOutput({
      seed: baseSeed + i,
      maxTokens: wanted ?? settings.maxModelLen - tokens,
      minTokens: parameters.minTokens,
      usualTokens: settings.simulation.outputTokens,
      ignoreEos: parameters.ignoreEos,
      stop: parameters.stop,
      fixedText,
      kind: faults.emptyOutput ? 'empty' : isGarbage ? 'garbage' : 'words',
    }),
    toolName,
    cachedTokens: 0,
    produced: 0,
    ended: null,
  }));
}

/** The prompt counts once, however many answers it got. */
export function usageOf(choices: readonly Choice[]): { prompt: number; completion: number; cached: number } {
  let prompt = 0;
  let completion = 0;
  let cached = 0;
  let lastPrompt: string | undefined;
  for (const choice of choices) {
    completion += choice.produced;
    if (choice.prompt === lastPrompt) continue;
    lastPrompt = choice.prompt;
    prompt += choice.promptTokens;
    cached += choice.cachedTokens;
  }
  return { prompt, completion, cached };
}

/** As the OpenAI APIs show it at the end of an answer. */
export function openAiUsage({ settings }: Simulation, choices: readonly Choice[]) {
  const { prompt, completion, cached } = usageOf(choices);
  return {
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    prompt_tokens_details: settings.enablePromptTokensDetails ? { cached_tokens: cached } : null,
    completion_tokens_details: null,
  };
}

/** In a stream the unset details are left out. */
export function streamUsage(simulation: Simulation, choices: readonly Choice[]) {
  const { prompt_tokens_details: details, completion_tokens_details: _, ...usage } = openAiUsage(simulation, choices);
  return details === null ? usage : { ...usage, prompt_tokens_details: details };
}
