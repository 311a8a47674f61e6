import type { EngineLoad } from '../engine.ts';
import { hasPrefix, highest, readSeries, sum } from '../load/prometheus.ts';

const pending = 'nv_inference_pending_request_count';
const trtLlmRequests = 'nv_trt_llm_request_metrics';
const trtLlmKvCache = 'nv_trt_llm_kv_cache_block_metrics';

/**
 * Triton itself only tells what waits. The TensorRT-LLM backend adds the rest; the vLLM backend has no gauges at all,
 * so there the gateways' own counts must do.
 */
export function readTritonLoad(metrics: string): EngineLoad | null {
  if (!hasPrefix(metrics, 'nv_')) return null;
  const series = readSeries(metrics, [pending, trtLlmRequests, trtLlmKvCache]);
  const requests = (type: string) => series.get(trtLlmRequests)?.filter(({ labels }) => labels.request_type === type);
  const fraction = series.get(trtLlmKvCache)?.filter(({ labels }) => labels.kv_cache_block_type === 'fraction');
  return {
    running: sum(requests('active')),
    waiting: sum(requests('waiting')) ?? sum(series.get(pending)),
    kvCacheUsage: highest(fraction),
  };
}
