import type { EngineLoad } from '../engine.ts';
import { hasPrefix, highest, readSeries, sum } from '../load/prometheus.ts';

const running = 'vllm:num_requests_running';
const waiting = 'vllm:num_requests_waiting';
const kvCache = 'vllm:kv_cache_usage_perc';
/** The name until 0.9.2; both were exposed until 0.12. */
const formerKvCache = 'vllm:gpu_cache_usage_perc';

/** One sample per data-parallel rank: requests add up, the fullest cache is the one that stalls. */
export function readVllmLoad(metrics: string): EngineLoad | null {
  if (!hasPrefix(metrics, 'vllm:')) return null;
  const series = readSeries(metrics, [running, waiting, kvCache, formerKvCache]);
  return {
    running: sum(series.get(running)),
    waiting: sum(series.get(waiting)),
    kvCacheUsage: highest(series.get(kvCache)) ?? highest(series.get(formerKvCache)),
  };
}
