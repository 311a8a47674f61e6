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
  wholeNumber,
} from '../arguments/argument-rule.ts';

const replicas = 'Use spec.scaling: more replicas do the same and are balanced by the gateway.';
const nodes = 'A replica that spans nodes is not supported.';
const address = 'The cluster decides where a replica listens.';
const plaintext = 'Gateways and probes reach replicas over plain HTTP inside the cluster.';

const ownedArguments: ArgumentRules = {
  ...each('host port', owned(address)),
  ...each('model-path model', owned('Use spec.model and spec.version.')),
  'served-model-name': owned('The name is spec.model.'),
  revision: owned('The commit is part of the model version.'),
  'tokenizer-path': owned('The tokenizer is part of the model version.'),
  ...each('tp-size tensor-parallel-size tp', owned('Use spec.parallelism.tensor.')),
  ...each('pp-size pipeline-parallel-size pp', owned('Use spec.parallelism.pipeline.')),
  ...each('dp-size data-parallel-size dp enable-dp-attention load-balance-method', owned(replicas)),
  ...each('nnodes node-rank dist-init-addr nccl-init-addr use-ray', owned(nodes)),
  'fastapi-root-path': owned(address),
  quantization: owned('Use spec.quantization.weights.'),
  'kv-cache-dtype': owned('Use spec.quantization.kvCache.'),
  ...each('api-key admin-api-key', owned('Callers show their keys to the gateway.')),
  ...each('ssl-keyfile ssl-certfile ssl-ca-certs ssl-keyfile-password enable-ssl-refresh', owned(plaintext)),
  ...each(
    'grpc-mode smg-grpc-mode grpc-port grpc-http-sidecar-port smg-http-sidecar-port',
    owned('Gateways speak HTTP.'),
  ),
  config: owned('Write the flags in spec.engine.args.'),
  'download-dir': owned('Downloads go where the cluster keeps its cache.'),
  'enable-metrics': owned('It is always on: without its metrics a replica cannot be balanced.'),
  ...each('base-gpu-id gpu-id-step', owned('The cluster hands out GPUs.')),
};

const limits: ArgumentRules = {
  ...each('context-length max-running-requests max-queued-requests max-total-tokens page-size', count),
  ...each('max-prefill-tokens max-lora-rank max-loras-per-batch max-loaded-loras', count),
  ...each('ep ep-size expert-parallel-size dcp-size decode-context-parallel-size dwdp-size', count),
  ...each('stream-interval dist-timeout cuda-graph-max-bs', count),
  'chunked-prefill-size': countOrOff,
  ...each('random-seed log-requests-level', wholeNumber),
  ...each('watchdog-timeout cpu-offload-gb schedule-conservativeness hicache-ratio hicache-size', amount),
  'mem-fraction-static': share,
};

const switches = each(
  `trust-remote-code enable-lora enable-memory-saver enable-weights-cpu-backup enable-hierarchical-cache
   enable-metrics-for-all-schedulers enable-trace enable-cache-report enable-torch-compile enable-mixed-chunk
   enable-multimodal enable-p2p-check disable-radix-cache disable-cuda-graph disable-overlap-schedule
   disable-custom-all-reduce disable-chunked-prefix-cache is-embedding skip-server-warmup skip-tokenizer-init
   log-requests show-time-cost sleep-on-idle`,
  flag,
);

const texts = each(
  `tool-call-parser reasoning-parser chat-template completion-template otlp-traces-endpoint lora-target-modules
   lora-backend load-format quantization-param-path attention-backend sampling-backend fp8-gemm-backend fp4-gemm-backend bf16-gemm-backend
   moe-runner-backend speculative-algorithm speculative-draft-model speculative-draft-model-path radix-eviction-policy log-level
   log-level-http tokenizer-mode model-impl file-storage-path device disaggregation-mode
   disaggregation-transfer-backend disaggregation-bootstrap-port disaggregation-ib-device weight-version`,
  text,
);

export const sglangArguments: ArgumentRules = {
  ...limits,
  ...switches,
  ...texts,
  ...each('json-model-override-args model-loader-extra-config preferred-sampling-params', json),
  ...each('kv-events-config extra-metric-labels default-chat-template-kwargs', json),
  ...each('lora-paths cuda-graph-bs bucket-time-to-first-token bucket-inter-token-latency', list),
  dtype: choice('auto', 'half', 'float16', 'bfloat16', 'float', 'float32'),
  'grammar-backend': choice('xgrammar', 'outlines', 'llguidance', 'none'),
  'schedule-policy': text,
  ...ownedArguments,
};

export const sglangOwnedEnvironment: Readonly<Record<string, string>> = {
  SGLANG_PORT: 'It is an internal port; the cluster decides where a replica listens.',
  SGLANG_USE_MODELSCOPE: 'Sources are pinned on Hugging Face.',
  SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION: 'Without it /health says 200 whatever the engine does.',
};
