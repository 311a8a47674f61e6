import { logprobAt, pieceAt } from '../engine/output-text.ts';
import { badParameter, badRequest } from '../http/api-error.ts';
import type { JsonObject } from '../http/exchange.ts';
import type { Choice } from '../http/serve-generation.ts';
import { numberField } from './parameters.ts';

/** How many alternatives a request wants to see per token; null for no log probabilities at all. */
export type Wanted = number | null;

const most = 20;

export function chatLogprobsWanted(body: JsonObject): Wanted {
  const alternatives = numberField(body, 'top_logprobs', 'int');
  const isOn = body.logprobs === true;
  if (alternatives !== null && alternatives > 0 && !isOn) {
    throw badRequest('when using `top_logprobs`, `logprobs` must be set to true.', 'top_logprobs');
  }
  return isOn ? checked(alternatives ?? 0, 'top_logprobs') : null;
}

export function completionLogprobsWanted(body: JsonObject): Wanted {
  const alternatives = numberField(body, 'logprobs', 'int');
  return alternatives === null ? null : checked(alternatives, 'logprobs');
}

function checked(alternatives: number, name: string): number {
  if (alternatives > most || alternatives < 0) {
    const message = `Requested sample logprobs of ${alternatives}, which is greater than max allowed: ${most}`;
    throw badParameter(name, message, String(alternatives));
  }
  return alternatives;
}

function entry(token: string, logprob: number) {
  return { token, logprob, bytes: [...Buffer.from(token, 'utf8')] };
}

/** The alternatives are made up: the token itself, then others, each less likely. */
function alternatives(token: string, logprob: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({ token: i === 0 ? token : `~${i}`, logprob: logprob - i * 0.5 }));
}

export function chatLogprobs(choice: Choice, from: number, to: number, wanted: number) {
  const content = [];
  for (let i = from; i < to; i += 1) {
    const token = pieceAt(choice.output, i);
    const logprob = logprobAt(choice.output, i);
    const others = alternatives(token, logprob, wanted);
    content.push({ ...entry(token, logprob), top_logprobs: others.map((one) => entry(one.token, one.logprob)) });
  }
  return { content };
}

export function completionLogprobs(choice: Choice, from: number, to: number, wanted: number) {
  const places = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  return {
    text_offset: places.map((i) => i * 4),
    token_logprobs: places.map((i) => logprobAt(choice.output, i)),
    tokens: places.map((i) => pieceAt(choice.output, i)),
    top_logprobs: places.map((i) => {
      const token = pieceAt(choice.output, i);
      const others = alternatives(token, logprobAt(choice.output, i), Math.max(1, wanted));
      return Object.fromEntries(others.map((one) => [one.token, one.logprob]));
    }),
  };
}
