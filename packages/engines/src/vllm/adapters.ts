import { adaptersInModelList } from '../adapters/model-list.ts';
import type { ActiveAdapters, EngineAdapters } from '../engine.ts';
import { readSeries, type Sample } from '../load/prometheus.ts';

const info = 'vllm:lora_requests_info';

/** vLLM names an adapter like a model of its own. */
export const vllmAdapters: EngineAdapters = {
  listPath: '/v1/models',
  readList: adaptersInModelList,
  modelName: (_, adapter) => adapter,
  readActive: readVllmAdapters,
};

/** Each change is a row of its own, whose value is the time of it. */
export function readVllmAdapters(metrics: string): ActiveAdapters | null {
  const rows = readSeries(metrics, [info]).get(info) ?? [];
  const last = rows.reduce<Sample | undefined>(
    (best, row) => (best === undefined || row.value > best.value ? row : best),
    undefined,
  );
  if (last === undefined) return null;
  const { max_lora: most, running_lora_adapters: running = '', waiting_lora_adapters: waiting = '' } = last.labels;
  return { running: names(running), waiting: names(waiting), most: Number(most) >= 1 ? Number(most) : null };
}

function names(written: string): readonly string[] {
  return written.split(',').filter((name) => name !== '');
}
