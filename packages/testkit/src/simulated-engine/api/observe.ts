import type { Exchange } from '../http/exchange.ts';
import type { Gauges } from '../metrics/engine-metrics.ts';
import { head, sample } from '../metrics/exposition.ts';
import type { Simulation } from '../simulation.ts';
import { version } from '../simulation.ts';

export function health(exchange: Exchange): void {
  exchange.empty(exchange.simulation.faults.dead ? 503 : 200);
}

export function engineVersion(exchange: Exchange): void {
  exchange.json({ version });
}

export function load(exchange: Exchange): void {
  exchange.json({ server_load: exchange.simulation.serverLoad });
}

function cacheConfig({ settings }: Simulation): Record<string, string> {
  const { kvCapacityTokens } = settings.simulation;
  return {
    block_size: String(settings.blockSize),
    cache_dtype: settings.kvCacheDtype,
    enable_prefix_caching: settings.enablePrefixCaching ? 'True' : 'False',
    gpu_memory_utilization: String(settings.gpuMemoryUtilization),
    kv_cache_max_concurrency: String(kvCapacityTokens / settings.maxModelLen),
    kv_cache_size_tokens: String(kvCapacityTokens),
    num_gpu_blocks: String(Math.floor(kvCapacityTokens / settings.blockSize)),
    prefix_caching_hash_algo: 'sha256',
  };
}

function gauges(simulation: Simulation): Gauges {
  const { engine } = simulation;
  const { running, waiting, deferred } = engine.counts();
  const one = (value: number) => [{ labels: {}, value }];
  const asleep = engine.sleepLevel;
  return {
    'vllm:num_requests_running': one(running),
    'vllm:num_requests_waiting': one(waiting + deferred),
    'vllm:num_requests_waiting_by_reason': [
      { labels: { reason: 'capacity' }, value: waiting },
      { labels: { reason: 'deferred' }, value: deferred },
    ],
    'vllm:engine_sleep_state': [
      { labels: { sleep_state: 'awake' }, value: asleep === 0 ? 1 : 0 },
      { labels: { sleep_state: 'weights_offloaded' }, value: asleep === 1 ? 1 : 0 },
      { labels: { sleep_state: 'discard_all' }, value: asleep === 2 ? 1 : 0 },
    ],
    'vllm:kv_cache_usage_perc': one(engine.kvUsage()),
    'vllm:cache_config_info': [{ labels: cacheConfig(simulation), value: 1 }],
  };
}

function loraInfo({ settings, engine, clock }: Simulation): string[] {
  if (!settings.enableLora) return [];
  const { running, waiting } = engine.adapters();
  const labels = {
    max_lora: String(settings.maxLoras),
    running_lora_adapters: running.join(','),
    waiting_lora_adapters: waiting.join(','),
  };
  const name = 'vllm:lora_requests_info';
  return [head(name, 'gauge', 'Running stats on lora requests.'), sample(name, labels, clock.nowMs() / 1000)];
}

function processSamples({ createdSeconds }: Simulation): string[] {
  const { user, system } = process.cpuUsage();
  return [
    head('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.'),
    sample('process_resident_memory_bytes', {}, process.memoryUsage.rss()),
    head('process_start_time_seconds', 'gauge', 'Start time of the process since unix epoch in seconds.'),
    sample('process_start_time_seconds', {}, createdSeconds),
    head('process_cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.'),
    sample('process_cpu_seconds_total', {}, (user + system) / 1e6),
  ];
}

export function metrics(exchange: Exchange): void {
  const { simulation } = exchange;
  const { settings, engine } = simulation;
  const labels = { engine: '0', model_name: settings.servedModelNames[0] };
  const own = [
    ...loraInfo(simulation),
    head('simulated:cancelled_total', 'counter', 'Sequences taken back because their client had gone.'),
    sample('simulated:cancelled_total', labels, engine.cancelled),
  ];
  // --disable-log-stats takes vLLM's own families away, and leaves the rest.
  const engineText = settings.logStats ? simulation.metrics.render(gauges(simulation)) : '';
  const text = `${processSamples(simulation).join('\n')}\n${engineText}${simulation.httpMetrics.render()}${own.join('\n')}\n`;
  exchange.text(text, 'text/plain; version=1.0.0; charset=utf-8');
}
