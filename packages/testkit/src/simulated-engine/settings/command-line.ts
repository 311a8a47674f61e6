import type { ArgumentValue } from './settings.ts';

/** Flags of vLLM that take no value, so that a model may follow them; the prefixes cover the many on/off pairs. */
const switchPrefixes = ['enable-', 'no-', 'disable-'];
const switches = new Set([
  'trust-remote-code',
  'enforce-eager',
  'headless',
  'grpc',
  'async-scheduling',
  'return-tokens-as-token-ids',
  'calculate-kv-scales',
  'kv-cache-metrics',
  'language-model-only',
  'allow-credentials',
  'allow-deprecated-quantization',
  'data-parallel-hybrid-lb',
  'data-parallel-external-lb',
  'sim-hang',
  'sim-health-lies',
  'sim-dead',
  'sim-empty-output',
  'sim-garbage',
  'sim-crash-at-load',
]);
const valuedDespitePrefix = new Set(['disable-access-log-for-endpoints', 'enable-flashinfer-autotune']);
const listFlags = new Set(['served-model-name', 'api-key', 'lora-modules', 'middleware']);

const shortFlags: Readonly<Record<string, string>> = {
  tp: 'tensor-parallel-size',
  pp: 'pipeline-parallel-size',
  dp: 'data-parallel-size',
  ep: 'enable-expert-parallel',
  q: 'quantization',
  O: 'optimization-level',
  sc: 'speculative-config',
};

export type CommandLine = {
  readonly positional: readonly string[];
  readonly flags: Readonly<Record<string, ArgumentValue>>;
};

function isSwitch(name: string): boolean {
  if (valuedDespitePrefix.has(name)) return false;
  return switches.has(name) || switchPrefixes.some((prefix) => name.startsWith(prefix));
}

function flagName(word: string): string | undefined {
  // vLLM takes underscores for dashes in names.
  if (word.startsWith('--')) return word.slice(2).replaceAll('_', '-');
  const short = /^-([A-Za-z]+)$/.exec(word)?.[1];
  return short === undefined ? undefined : shortFlags[short];
}

/** Reads any `vllm serve` command line, flags it has never heard of included. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const positional: string[] = [];
  const flags: Record<string, ArgumentValue> = {};
  let i = 0;
  const takeValues = (most: number): string[] => {
    const values: string[] = [];
    while (values.length < most && i < argv.length) {
      const next = argv[i] ?? '';
      if (flagName(next) !== undefined) break;
      values.push(next);
      i += 1;
    }
    return values;
  };
  while (i < argv.length) {
    const word = argv[i] ?? '';
    i += 1;
    const [head = '', inline] = splitAtEquals(word);
    const name = flagName(head);
    if (name === undefined) {
      positional.push(word);
    } else if (inline !== undefined) {
      flags[name] = listFlags.has(name) ? [inline] : inline;
    } else if (listFlags.has(name)) {
      flags[name] = takeValues(Number.POSITIVE_INFINITY);
    } else {
      flags[name] = isSwitch(name) ? true : (takeValues(1)[0] ?? true);
    }
  }
  return { positional, flags };
}

function splitAtEquals(word: string): [string, string | undefined] {
  const at = word.startsWith('-') ? word.indexOf('=') : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}
