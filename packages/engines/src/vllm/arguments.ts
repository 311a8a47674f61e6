import type { ArgumentRules } from '../arguments/argument-rule.ts';
import {
  amount,
  choice,
  count,
  countOrOff,
  each,
  flag,
  json,
  list,
  owned,
  share,
  text,
  tokens,
  wholeNumber,
} from '../arguments/argument-rule.ts';

const quantization = 'Use spec.quantization.weights.';
const tensor = 'Use spec.parallelism.tensor.';
const pipeline = 'Use spec.parallelism.pipeline.';
const replicas = 'Use spec.scaling: more replicas do the same and are balanced by the gateway.';
const nodes = 'A replica that spans nodes is not supported.';
const address = 'The cluster decides where a replica listens.';
const tokenizer = 'The tokenizer is part of the model version.';
const plaintext = 'Gateways and probes reach replicas over plain HTTP inside the cluster.';

const ownedArguments: ArgumentRules = {
  ...each('host port uds root-path data-parallel-address', owned(address)),
  ...each('model model-tag', owned('Use spec.model and spec.version.')),
  'served-model-name': owned('The name is spec.model.'),
  ...each('revision code-revision', owned('The commit is part of the model version.')),
  ...each('tokenizer tokenizer-revision hf-config-path', owned(tokenizer)),
  ...each('tensor-parallel-size tp', owned(tensor)),
  ...each('pipeline-parallel-size pp', owned(pipeline)),
  ...each(
    'data-parallel-size dp data-parallel-rank data-parallel-start-rank data-parallel-size-local',
    owned(replicas),
  ),
  ...each('data-parallel-rpc-port data-parallel-hybrid-lb data-parallel-external-lb', owned(replicas)),
  ...each('data-parallel-backend data-parallel-multi-port-external-lb api-server-count', owned(replicas)),
  ...each('data-parallel-supervisor-port prefill-context-parallel-size', owned(replicas)),
  'device-ids': owned('The cluster hands out GPUs.'),
  ...each('nnodes node-rank master-addr master-port headless', owned(nodes)),
  ...each('quantization q', owned(quantization)),
  'kv-cache-dtype': owned('Use spec.quantization.kvCache.'),
  'shutdown-timeout': owned('Use spec.drain.timeout.'),
  ...each(
    'api-key hf-token',
    owned('Callers show keys to the gateway; hubs get theirs from the source of the version.'),
  ),
  ...each('ssl-keyfile ssl-certfile ssl-ca-certs ssl-cert-reqs ssl-ciphers enable-ssl-refresh', owned(plaintext)),
  config: owned('Write the flags in spec.engine.args.'),
  'download-dir': owned('Downloads go where the cluster keeps its cache.'),
  'disable-log-stats': owned('Without its metrics a replica cannot be balanced.'),
  ...each('grpc grpc-port', owned('Gateways speak HTTP.')),
};

const limits: ArgumentRules = {
  ...each('max-model-len max-num-batched-tokens', tokens),
  ...each('max-num-seqs max-loras max-cpu-loras max-lora-rank max-logprobs', count),
  ...each('block-size max-num-partial-prefills max-long-partial-prefills', count),
  ...each('seed num-gpu-blocks-override stream-interval h11-max-incomplete-event-size', wholeNumber),
  ...each('decode-context-parallel-size max-parallel-loading-workers max-log-len', countOrOff),
  ...each('cpu-offload-gb kv-offloading-size swap-space mm-processor-cache-gb kv-cache-memory-bytes', amount),
  'gpu-memory-utilization': share,
};

const switches = each(
  `enforce-eager trust-remote-code enable-prefix-caching enable-chunked-prefill enable-lora enable-auto-tool-choice
   enable-sleep-mode enable-request-id-headers enable-prompt-tokens-details enable-per-request-metrics
   enable-server-load-tracking enable-log-requests enable-log-outputs enable-expert-parallel enable-eplb
   enable-mfu-metrics enable-prompt-embeds enable-force-include-usage enable-tokenizer-info-endpoint enable-log-deltas
   kv-cache-metrics cudagraph-metrics calculate-kv-scales async-scheduling skip-tokenizer-init disable-sliding-window
   disable-cascade-attn disable-custom-all-reduce disable-fastapi-docs disable-log-requests
   disable-uvicorn-access-log disable-hybrid-kv-cache-manager return-tokens-as-token-ids language-model-only
   allow-deprecated-quantization allow-credentials trust-request-chat-template exclude-tools-when-tool-choice-none`,
  flag,
);

const texts = each(
  `chat-template reasoning-parser tool-call-parser tool-parser-plugin reasoning-parser-plugin generation-config
   otlp-traces-endpoint collect-detailed-traces disable-access-log-for-endpoints show-hidden-metrics-for-version
   attention-backend allowed-local-media-path allowed-media-domains logits-processors load-format config-format
   tokenizer-mode model-impl prefix-caching-hash-algo response-role log-config-file safetensors-load-strategy
   kv-cache-dtype-skip-layers worker-cls worker-extension-cls scheduler-cls logits-processor-pattern mm-encoder-tp-mode
   all2all-backend distributed-executor-backend io-processor-plugin`,
  text,
);

const choices: ArgumentRules = {
  dtype: choice('auto', 'half', 'float16', 'bfloat16', 'float', 'float32'),
  runner: choice('auto', 'generate', 'pooling', 'draft'),
  'scheduling-policy': choice('fcfs', 'priority'),
  'chat-template-content-format': choice('auto', 'string', 'openai'),
  'kv-offloading-backend': choice('native', 'lmcache'),
  'uvicorn-log-level': choice('debug', 'info', 'warning', 'error', 'critical', 'trace'),
  convert: text,
  task: text,
};

const structured: ArgumentRules = {
  ...each('quantization-config speculative-config compilation-config hf-overrides kv-transfer-config', json),
  ...each('kv-events-config override-generation-config default-chat-template-kwargs limit-mm-per-prompt', json),
  ...each('mm-processor-kwargs media-io-kwargs eplb-config rope-scaling additional-config', json),
  ...each('model-loader-extra-config structured-outputs-config pooler-config ec-transfer-config', json),
  ...each('lora-modules middleware cudagraph-capture-sizes', list),
};

export const vllmArguments: ArgumentRules = {
  ...limits,
  ...switches,
  ...texts,
  ...choices,
  ...structured,
  ...ownedArguments,
};

export const vllmOwnedEnvironment: Readonly<Record<string, string>> = {
  VLLM_PORT: 'It is an internal port; the cluster decides where a replica listens.',
  VLLM_API_KEY: 'Callers show their keys to the gateway.',
  VLLM_ENGINE_READY_TIMEOUT_S: 'Use spec.startupTimeout.',
  VLLM_USE_MODELSCOPE: 'Sources are pinned on Hugging Face.',
};
