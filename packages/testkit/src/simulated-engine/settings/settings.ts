import type { Faults } from '../faults.ts';
import { noFaults } from '../faults.ts';

/** How the simulation behaves; nothing of this exists in vLLM. */
export type SimulationSettings = {
  readonly loadMs: number;
  readonly prefillMsPerToken: number;
  readonly decodeMsPerToken: number;
  readonly batchSlowdown: number;
  readonly kvCapacityTokens: number;
  /** About how long an answer is that ends by itself; each is between half of it and one and a half. */
  readonly outputTokens: number;
  readonly seed: number;
  readonly wakeMs: number;
};

export type LoraModule = { readonly name: string; readonly path: string };

/** What `vllm serve` would have understood, as far as the simulation acts on it. */
export type EngineSettings = {
  readonly model: string;
  /** The first is the one in answers and in metric labels. */
  readonly servedModelNames: readonly [string, ...string[]];
  readonly host: string;
  readonly port: number;
  readonly rootPath: string;
  readonly apiKeys: readonly string[];
  readonly runner: 'generate' | 'pooling';
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly blockSize: number;
  readonly kvCacheDtype: string;
  readonly gpuMemoryUtilization: number;
  readonly enablePrefixCaching: boolean;
  readonly enableLora: boolean;
  readonly maxLoras: number;
  readonly loraModules: readonly LoraModule[];
  /** VLLM_ALLOW_RUNTIME_LORA_UPDATING */
  readonly allowRuntimeLora: boolean;
  /** VLLM_ENABLE_RESPONSES_API_STORE */
  readonly storesResponses: boolean;
  readonly enableSleepMode: boolean;
  /** VLLM_SERVER_DEV_MODE: without it there is no /sleep, /wake_up and /is_sleeping. */
  readonly devMode: boolean;
  readonly enableAutoToolChoice: boolean;
  readonly enablePromptTokensDetails: boolean;
  readonly enableRequestIdHeaders: boolean;
  readonly trackServerLoad: boolean;
  readonly logStats: boolean;
  readonly shutdownTimeoutMs: number;
  /** VLLM_HTTP_TIMEOUT_KEEP_ALIVE */
  readonly keepAliveTimeoutMs: number;
  readonly simulation: SimulationSettings;
  readonly faults: Faults;
  /** Everything that was given, also what the simulation does nothing with: GET /simulated/arguments. */
  readonly arguments: Readonly<Record<string, ArgumentValue>>;
};

export type ArgumentValue = string | true | readonly string[];

export const defaultSettings: EngineSettings = {
  model: 'simulated/tiny',
  servedModelNames: ['simulated/tiny'],
  // vLLM itself binds every interface; a simulation must ask for that.
  host: '127.0.0.1',
  port: 8000,
  rootPath: '',
  apiKeys: [],
  runner: 'generate',
  maxModelLen: 32_768,
  maxNumSeqs: 256,
  maxNumBatchedTokens: 8192,
  blockSize: 16,
  kvCacheDtype: 'auto',
  gpuMemoryUtilization: 0.92,
  enablePrefixCaching: true,
  enableLora: false,
  maxLoras: 1,
  loraModules: [],
  allowRuntimeLora: false,
  storesResponses: false,
  enableSleepMode: false,
  devMode: false,
  enableAutoToolChoice: false,
  enablePromptTokensDetails: false,
  enableRequestIdHeaders: false,
  trackServerLoad: false,
  logStats: true,
  shutdownTimeoutMs: 0,
  keepAliveTimeoutMs: 5000,
  simulation: {
    loadMs: 0,
    prefillMsPerToken: 0.02,
    decodeMsPerToken: 5,
    batchSlowdown: 0.5,
    kvCapacityTokens: 524_288,
    outputTokens: 48,
    seed: 0,
    wakeMs: 0,
  },
  faults: noFaults,
  arguments: {},
};
