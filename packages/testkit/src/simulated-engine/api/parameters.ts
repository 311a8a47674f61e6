import { badParameter, badRequest, invalidField, pythonNumber } from '../http/api-error.ts';
import type { JsonObject } from '../http/exchange.ts';
import { isObject } from '../http/exchange.ts';

/** The sampling parameters of a request that the simulation acts on; the others are accepted and ignored. */
export type Parameters = {
  readonly maxTokens: number | null;
  readonly minTokens: number;
  readonly n: number;
  readonly seed: number;
  readonly stop: readonly string[];
  readonly ignoreEos: boolean;
  readonly isStream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
};

export function numberField(body: JsonObject, name: string, kind: 'int' | 'float'): number | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || (kind === 'int' && !Number.isInteger(value))) {
    const what = kind === 'int' ? 'integer' : 'number';
    throw invalidField(`body.${name}`, `${kind}_type`, `Input should be a valid ${what}`, value);
  }
  return value;
}

function atLeast(body: JsonObject, name: string, least: number): number | null {
  const value = numberField(body, name, 'int');
  if (value !== null && value < least) {
    throw badParameter(name, `${name} must be at least ${least}, got ${value}`, String(value));
  }
  return value;
}

function within(body: JsonObject, name: string, isFine: (value: number) => boolean, rule: string): void {
  const value = numberField(body, name, 'float');
  if (value === null || isFine(value)) return;
  throw badParameter(name, `${name} must be ${rule}, got ${pythonNumber(value)}`, pythonNumber(value));
}

function readStop(stop: unknown): string[] {
  if (stop === undefined || stop === null) return [];
  const list = Array.isArray(stop) ? stop : [stop];
  if (!list.every((one) => typeof one === 'string')) {
    throw invalidField('body.stop', 'string_type', 'Input should be a valid string', stop);
  }
  if (list.includes('')) throw badParameter('stop', 'stop cannot contain an empty string', JSON.stringify(stop));
  return list;
}

export function readParameters(body: JsonObject, maxTokensNames: readonly string[]): Parameters {
  within(body, 'temperature', (value) => value >= 0, 'non-negative');
  within(body, 'top_p', (value) => value > 0 && value <= 1, 'in (0, 1]');
  within(body, 'presence_penalty', (value) => Math.abs(value) <= 2, 'in [-2, 2]');
  within(body, 'frequency_penalty', (value) => Math.abs(value) <= 2, 'in [-2, 2]');
  const limits = maxTokensNames.map((name) => atLeast(body, name, 1));
  const isStream = body.stream === true;
  const options = isObject(body.stream_options) ? body.stream_options : {};
  if (isObject(body.stream_options) && !isStream) {
    throw badRequest('Stream options can only be defined when `stream=True`.', 'stream_options');
  }
  return {
    maxTokens: limits.find((limit) => limit !== null) ?? null,
    minTokens: numberField(body, 'min_tokens', 'int') ?? 0,
    n: atLeast(body, 'n', 1) ?? 1,
    seed: numberField(body, 'seed', 'int') ?? 0,
    stop: readStop(body.stop),
    ignoreEos: body.ignore_eos === true,
    isStream,
    includeUsage: options.include_usage === true,
    continuousUsage: options.include_usage === true && options.continuous_usage_stats === true,
  };
}
