import type { EngineMetrics } from '../metrics/engine-metrics.ts';
import type { EndReason, Running } from './job.ts';

export function recordAdmission(metrics: EngineMetrics, { job, cachedTokens }: Running, countsPrefix: boolean): void {
  const computed = job.promptTokens - cachedTokens;
  metrics.add('vllm:prompt_tokens', job.promptTokens);
  metrics.add('vllm:prompt_tokens_by_source', computed, 'local_compute');
  metrics.add('vllm:prompt_tokens_by_source', cachedTokens, 'local_cache_hit');
  metrics.add('vllm:prompt_tokens_cached', cachedTokens);
  metrics.add('vllm:prompt_tokens_cached_by_source', cachedTokens, 'device');
  if (!countsPrefix) return;
  metrics.add('vllm:prefix_cache_queries', job.promptTokens);
  metrics.add('vllm:prefix_cache_hits', cachedTokens);
}

/** Called for each token, before its time is noted in the job. */
export function recordToken(metrics: EngineMetrics, running: Running, at: number): void {
  metrics.add('vllm:generation_tokens', 1);
  if (running.lastTokenAt === undefined) {
    metrics.observe('vllm:time_to_first_token_seconds', (at - running.arrivedAt) / 1000);
  } else {
    metrics.observe('vllm:inter_token_latency_seconds', (at - running.lastTokenAt) / 1000);
  }
}

export function recordEnd(metrics: EngineMetrics, running: Running, reason: EndReason, at: number): void {
  metrics.add('vllm:request_success', 1, reason);
  const { job, arrivedAt, admittedAt = at, firstTokenAt = at, lastTokenAt = at, produced } = running;
  metrics.observe('vllm:request_prompt_tokens', job.promptTokens);
  metrics.observe('vllm:request_generation_tokens', produced);
  metrics.observe('vllm:request_max_num_generation_tokens', produced);
  metrics.observe('vllm:request_params_n', job.choices);
  metrics.observe('vllm:request_params_max_tokens', job.maxTokens);
  metrics.observe('vllm:e2e_request_latency_seconds', (at - arrivedAt) / 1000);
  metrics.observe('vllm:request_queue_time_seconds', (admittedAt - arrivedAt) / 1000);
  metrics.observe('vllm:request_inference_time_seconds', (lastTokenAt - admittedAt) / 1000);
  metrics.observe('vllm:request_prefill_time_seconds', (firstTokenAt - admittedAt) / 1000);
  metrics.observe('vllm:request_decode_time_seconds', (lastTokenAt - firstTokenAt) / 1000);
  const gaps = Math.max(1, produced - 1);
  metrics.observe('vllm:request_time_per_output_token_seconds', (lastTokenAt - firstTokenAt) / 1000 / gaps);
  metrics.observe('vllm:request_num_preemptions', 0);
  metrics.observe('vllm:request_prefill_kv_computed_tokens', job.promptTokens - running.cachedTokens);
}
