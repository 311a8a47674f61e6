import type { EngineLoad } from '../engine.ts';
import type { Sample } from '../load/prometheus.ts';
import { hasPrefix, highest, readSeries } from '../load/prometheus.ts';

const running = 'sglang:num_running_reqs';
const waiting = 'sglang:num_queue_reqs';
const kvCache = 'sglang:token_usage';

export function readSglangLoad(metrics: string): EngineLoad | null {
  if (!hasPrefix(metrics, 'sglang:')) return null;
  const series = readSeries(metrics, [running, waiting, kvCache]);
  return {
    running: sumOverDataParallel(series.get(running)),
    waiting: sumOverDataParallel(series.get(waiting)),
    kvCacheUsage: highest(series.get(kvCache)),
  };
}

/** With metrics of all schedulers every tensor-parallel rank reports the same requests: count each rank group once. */
function sumOverDataParallel(samples: readonly Sample[] | undefined): number | null {
  if (samples === undefined || samples.length === 0) return null;
  const perRank = new Map<string, number>();
  for (const { labels, value } of samples) {
    const rank = `${labels.engine_type ?? ''} ${labels.dp_rank ?? ''}`;
    perRank.set(rank, Math.max(perRank.get(rank) ?? 0, value));
  }
  return [...perRank.values()].reduce((total, value) => total + value, 0);
}
