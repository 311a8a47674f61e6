// The names, help texts and bucket bounds of vLLM 0.32's own /metrics, in its order (captured/metrics.txt; a test
// holds the two together). Left out are `python_*` (this is not Python) and `http_*`, which http-metrics.ts renders.
const tokenBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;
const iterationBuckets = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384] as const;
const choiceBuckets = [1, 2, 5, 10, 20] as const;
const firstTokenBuckets = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
] as const;
const perTokenBuckets = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
] as const;
const requestBuckets = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
] as const;
const preemptionBuckets = [1, 2, 3, 4, 5, 10, 20] as const;

export type Family =
  | { readonly type: 'gauge' | 'counter'; readonly name: string; readonly help: string }
  | { readonly type: 'histogram'; readonly name: string; readonly help: string; readonly buckets: readonly number[] };

/** A counter's samples are `<name>_total` and `<name>_created`, as Python's client exposes them. */
export const families = [
  {
    type: 'counter',
    name: 'vllm:estimated_flops_per_gpu',
    help: 'Estimated number of floating point operations per GPU (for Model Flops Utilization calculations).',
  },
  {
    type: 'counter',
    name: 'vllm:estimated_read_bytes_per_gpu',
    help: 'Estimated number of bytes read from memory per GPU (for Model Flops Utilization calculations).',
  },
  {
    type: 'counter',
    name: 'vllm:estimated_write_bytes_per_gpu',
    help: 'Estimated number of bytes written to memory per GPU (for Model Flops Utilization calculations).',
  },
  {
    type: 'gauge',
    name: 'vllm:num_requests_running',
    help: 'Number of requests in model execution batches.',
  },
  {
    type: 'gauge',
    name: 'vllm:num_requests_waiting',
    help: 'Number of requests waiting to be processed.',
  },
  {
    type: 'gauge',
    name: 'vllm:num_requests_waiting_by_reason',
    help: "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for scheduling capacity; 'deferred' = deferred by transient constraints (LoRA budget, KV transfer, blocked status). Sum of all reasons equals vllm:num_requests_waiting.",
  },
  {
    type: 'gauge',
    name: 'vllm:engine_sleep_state',
    help: 'Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.',
  },
  {
    type: 'gauge',
    name: 'vllm:kv_cache_usage_perc',
    help: 'KV-cache usage. 1 means 100 percent usage.',
  },
  {
    type: 'counter',
    name: 'vllm:prefix_cache_queries',
    help: 'Prefix cache queries, in terms of number of queried tokens.',
  },
  {
    type: 'counter',
    name: 'vllm:prefix_cache_hits',
    help: 'Prefix cache hits, in terms of number of cached tokens.',
  },
  {
    type: 'counter',
    name: 'vllm:external_prefix_cache_queries',
    help: 'External prefix cache queries from KV connector cross-instance cache sharing, in terms of number of queried tokens.',
  },
  {
    type: 'counter',
    name: 'vllm:external_prefix_cache_hits',
    help: 'External prefix cache hits from KV connector cross-instance cache sharing, in terms of number of cached tokens.',
  },
  {
    type: 'counter',
    name: 'vllm:mm_cache_queries',
    help: 'Multi-modal cache queries, in terms of number of queried items.',
  },
  {
    type: 'counter',
    name: 'vllm:mm_cache_hits',
    help: 'Multi-modal cache hits, in terms of number of cached items.',
  },
  {
    type: 'counter',
    name: 'vllm:num_preemptions',
    help: 'Cumulative number of preemption from the engine.',
  },
  {
    type: 'counter',
    name: 'vllm:prompt_tokens',
    help: 'Number of prefill tokens processed.',
  },
  {
    type: 'counter',
    name: 'vllm:prompt_tokens_by_source',
    help: 'Number of prompt tokens by source.',
  },
  {
    type: 'counter',
    name: 'vllm:prompt_tokens_cached',
    help: 'Number of cached prompt tokens (local + external).',
  },
  {
    type: 'counter',
    name: 'vllm:prompt_tokens_cached_by_source',
    help: 'Prefix-cache hit tokens by the cache tier that supplied them: device (local HBM), host (offloaded to DRAM), disk, p2p (transferred from another vLLM instance) or external_unspecified. Counted at admission; sums to vllm:prefix_cache_hits + vllm:external_prefix_cache_hits.',
  },
  {
    type: 'counter',
    name: 'vllm:generation_tokens',
    help: 'Number of generation tokens processed.',
  },
  {
    type: 'counter',
    name: 'vllm:request_success',
    help: 'Count of successfully processed requests.',
  },
  {
    type: 'counter',
    name: 'vllm:admission_rejections',
    help: 'Number of admission attempts rejected by a queue limit, by reason.',
  },
  {
    type: 'histogram',
    name: 'vllm:request_prompt_tokens',
    help: 'Number of prefill tokens processed.',
    buckets: tokenBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_generation_tokens',
    help: 'Number of generation tokens processed.',
    buckets: tokenBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:iteration_tokens_total',
    help: 'Histogram of number of tokens per engine_step.',
    buckets: iterationBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_max_num_generation_tokens',
    help: 'Histogram of maximum number of requested generation tokens.',
    buckets: tokenBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_params_n',
    help: 'Histogram of the n request parameter.',
    buckets: choiceBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_params_max_tokens',
    help: 'Histogram of the max_tokens request parameter.',
    buckets: tokenBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:time_to_first_token_seconds',
    help: 'Histogram of time to first token in seconds.',
    buckets: firstTokenBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:inter_token_latency_seconds',
    help: 'Histogram of inter-token latency in seconds.',
    buckets: perTokenBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_time_per_output_token_seconds',
    help: 'Histogram of time_per_output_token_seconds per request.',
    buckets: perTokenBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:e2e_request_latency_seconds',
    help: 'Histogram of e2e request latency in seconds.',
    buckets: requestBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_queue_time_seconds',
    help: 'Histogram of time spent in WAITING phase for request.',
    buckets: requestBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_inference_time_seconds',
    help: 'Histogram of time spent in RUNNING phase for request.',
    buckets: requestBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_prefill_time_seconds',
    help: 'Histogram of time spent in PREFILL phase for request.',
    buckets: requestBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_decode_time_seconds',
    help: 'Histogram of time spent in DECODE phase for request.',
    buckets: requestBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_num_preemptions',
    help: 'Histogram of the number of times a request was preempted.',
    buckets: preemptionBuckets,
  },
  {
    type: 'histogram',
    name: 'vllm:request_prefill_kv_computed_tokens',
    help: 'Histogram of new KV tokens computed during prefill (excluding cached tokens).',
    buckets: tokenBuckets,
  },
  {
    type: 'gauge',
    name: 'vllm:cache_config_info',
    help: 'Information of the LLMEngine CacheConfig',
  },
] as const satisfies readonly Family[];

export type FamilyName = (typeof families)[number]['name'];
