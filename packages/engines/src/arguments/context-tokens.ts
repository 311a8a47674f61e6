import type { EngineChoice } from '@signalbox/domain';

/** They change what the engine derives from the model, in ways that only the engine works out. */
const overrides = ['hf-overrides', 'rope-scaling', 'json-model-override-args'];

/**
 * Longest input and output together: what `flag` says, or else what the model was made for. Null is not known, and
 * better than a guess: by a guess that is too low a gateway would refuse what the engine takes.
 */
export function contextTokens(args: EngineChoice['args'], flag: string, ofModel: number | null): number | null {
  const given = args[flag] ?? false;
  if (given !== false) return tokensOf(String(given));
  const derived = overrides.some((name) => (args[name] ?? false) !== false);
  return derived ? null : ofModel;
}

/** `16k` is 16,000 and `16K` is 16,384, as vLLM reads them; `auto` goes by the memory that is left. */
function tokensOf(written: string): number | null {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(written) ?? [];
  if (amount === undefined) return null;
  const factor = { '': 1, k: 1e3, K: 1024, m: 1e6, M: 1024 ** 2 }[unit] ?? 1;
  return Math.floor(Number(amount) * factor);
}
