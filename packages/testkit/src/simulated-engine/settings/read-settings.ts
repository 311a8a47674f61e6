import type { FaultName, Faults } from '../faults.ts';
import { changeFaults, noFaults } from '../faults.ts';
import type { CommandLine } from './command-line.ts';
import { readCommandLine } from './command-line.ts';
import type { ArgumentValue, EngineSettings, LoraModule, SimulationSettings } from './settings.ts';
import { defaultSettings } from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A command line that vLLM, or the simulation, would refuse: exit code 2. */
export class UsageError extends Error {}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

class Reader {
  readonly #flags: CommandLine['flags'];
  readonly #env: Environment;

  constructor(flags: CommandLine['flags'], env: Environment) {
    this.#flags = flags;
    this.#env = env;
  }

  text(name: string): string | undefined {
    const value: ArgumentValue | undefined = this.#flags[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#flags[name];
    return Array.isArray(value) ? value : [];
  }

  /** On by `--x`, off by `--no-x`. */
  isOn(name: string, usual: boolean): boolean {
    if (this.#flags[`no-${name}`] !== undefined) return false;
    const value = this.#flags[name];
    return value === undefined ? usual : value !== 'false' && value !== '0';
  }

  number(name: string, usual: number): number {
    const given = this.#flags[name];
    return given === undefined ? usual : readNumber(`--${name}`, given, usual);
  }

  simulated(name: string): ArgumentValue | undefined {
    const flag = `sim-${kebab(name)}`;
    return this.#flags[flag] ?? this.#env[flag.replaceAll('-', '_').toUpperCase()];
  }
}

/** `16k` is 16,000 and `16K` is 16,384, as vLLM reads them. */
function readNumber(flag: string, given: ArgumentValue, usual: number): number {
  if (given === 'auto' || given === '-1') return usual;
  const match = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(String(given));
  const unit = { '': 1, k: 1e3, K: 1024, m: 1e6, M: 1024 ** 2 }[match?.[2] ?? ''] ?? 1;
  if (match === null) throw new UsageError(`argument ${flag}: invalid value: '${String(given)}'`);
  return Number(match[1]) * unit;
}

function readSimulation(reader: Reader): SimulationSettings {
  const usual = defaultSettings.simulation;
  const names = Object.keys(usual) as (keyof SimulationSettings)[];
  const entries = names.map((name) => {
    const given = reader.simulated(name);
    return [name, given === undefined ? usual[name] : readNumber(`--sim-${kebab(name)}`, given, usual[name])] as const;
  });
  return { ...usual, ...Object.fromEntries(entries) };
}

function readFaults(reader: Reader): Faults {
  let faults = noFaults;
  for (const name of Object.keys(noFaults) as FaultName[]) {
    const given = reader.simulated(name);
    if (given === undefined) continue;
    const isSwitch = typeof noFaults[name] === 'boolean';
    const value = isSwitch ? given === true || given === 'true' || given === '1' : Number(given);
    const change = changeFaults(faults, { [name]: value });
    if (change.kind === 'refused') throw new UsageError(`argument --sim-${kebab(name)}: ${change.because}`);
    faults = change.faults;
  }
  return faults;
}

/** A misspelt simulation setting must not pass for an unknown flag of vLLM's. */
function refuseUnknownSimulationFlags(flags: CommandLine['flags']): void {
  const known = [...Object.keys(defaultSettings.simulation), ...Object.keys(noFaults)].map((n) => `sim-${kebab(n)}`);
  for (const name of Object.keys(flags)) {
    if (name.startsWith('sim-') && !known.includes(name)) {
      throw new UsageError(`unknown --${name}; known: ${known.map((n) => `--${n}`).join(' ')}`);
    }
  }
}

function readLoraModule(given: string): LoraModule {
  if (given.startsWith('{')) {
    const { name, path } = JSON.parse(given) as { name?: unknown; path?: unknown };
    return { name: String(name), path: String(path) };
  }
  const at = given.indexOf('=');
  if (at < 1) throw new UsageError(`argument --lora-modules: '${given}' is not NAME=PATH`);
  return { name: given.slice(0, at), path: given.slice(at + 1) };
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}

/** From `vllm serve`'s own arguments (with or without the word `serve`) and environment. */
export function readSettings(argv: readonly string[], env: Environment): EngineSettings {
  const { positional, flags } = readCommandLine(argv);
  refuseUnknownSimulationFlags(flags);
  const reader = new Reader(flags, env);
  const usual = defaultSettings;
  const model = reader.text('model') ?? positional.find((word, i) => i > 0 || word !== 'serve') ?? usual.model;
  const [name = model, ...aliases] = reader.list('served-model-name');
  const blockSize = reader.number('block-size', usual.blockSize);
  const simulation = readSimulation(reader);
  const blocks = reader.number('num-gpu-blocks-override', 0);
  const keys = reader.list('api-key');
  const environmentKey = env.VLLM_API_KEY;
  return {
    model,
    servedModelNames: [name, ...aliases],
    host: reader.text('host') ?? usual.host,
    port: reader.number('port', usual.port),
    rootPath: (reader.text('root-path') ?? '').replace(/\/$/, ''),
    apiKeys: keys.length === 0 && environmentKey ? [environmentKey] : keys,
    runner: reader.text('runner') === 'pooling' || reader.text('task') === 'embed' ? 'pooling' : 'generate',
    maxModelLen: reader.number('max-model-len', usual.maxModelLen),
    maxNumSeqs: reader.number('max-num-seqs', usual.maxNumSeqs),
    maxNumBatchedTokens: reader.number('max-num-batched-tokens', usual.maxNumBatchedTokens),
    blockSize,
    kvCacheDtype: reader.text('kv-cache-dtype') ?? usual.kvCacheDtype,
    gpuMemoryUtilization: reader.number('gpu-memory-utilization', usual.gpuMemoryUtilization),
    enablePrefixCaching: reader.isOn('enable-prefix-caching', true),
    enableLora: reader.isOn('enable-lora', false),
    maxLoras: reader.number('max-loras', usual.maxLoras),
    loraModules: reader.list('lora-modules').map(readLoraModule),
    allowRuntimeLora: isTrue(env.VLLM_ALLOW_RUNTIME_LORA_UPDATING),
    storesResponses: isTrue(env.VLLM_ENABLE_RESPONSES_API_STORE),
    enableSleepMode: reader.isOn('enable-sleep-mode', false),
    devMode: isTrue(env.VLLM_SERVER_DEV_MODE),
    enableAutoToolChoice: reader.isOn('enable-auto-tool-choice', false),
    enablePromptTokensDetails: reader.isOn('enable-prompt-tokens-details', false),
    enableRequestIdHeaders: reader.isOn('enable-request-id-headers', false),
    trackServerLoad: reader.isOn('enable-server-load-tracking', false),
    logStats: !reader.isOn('disable-log-stats', false),
    shutdownTimeoutMs: reader.number('shutdown-timeout', 0) * 1000,
    keepAliveTimeoutMs: Number(env.VLLM_HTTP_TIMEOUT_KEEP_ALIVE ?? usual.keepAliveTimeoutMs / 1000) * 1000,
    simulation: blocks > 0 ? { ...simulation, kvCapacityTokens: blocks * blockSize } : simulation,
    faults: readFaults(reader),
    arguments: { model, ...flags },
  };
}
