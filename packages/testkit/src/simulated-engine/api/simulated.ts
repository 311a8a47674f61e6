import { changeFaults, noFaults } from '../faults.ts';
import { badRequest } from '../http/api-error.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Simulation } from '../simulation.ts';

export type EngineStats = {
  readonly running: number;
  readonly waiting: number;
  readonly kvUsage: number;
  readonly cancelled: number;
  readonly finished: number;
  readonly aborted: number;
  readonly promptTokens: number;
  readonly generationTokens: number;
  readonly prefixHitTokens: number;
  readonly isAsleep: boolean;
};

export function statsOf({ engine, metrics }: Simulation): EngineStats {
  const { running, waiting, deferred } = engine.counts();
  const ended = (reason: string) => metrics.count('vllm:request_success', reason);
  return {
    running,
    waiting: waiting + deferred,
    kvUsage: engine.kvUsage(),
    cancelled: engine.cancelled,
    finished: ended('stop') + ended('length'),
    aborted: ended('abort'),
    promptTokens: metrics.count('vllm:prompt_tokens'),
    generationTokens: metrics.count('vllm:generation_tokens'),
    prefixHitTokens: metrics.count('vllm:prefix_cache_hits'),
    isAsleep: engine.sleepLevel > 0,
  };
}

export function showArguments(exchange: Exchange): void {
  exchange.json(exchange.simulation.settings.arguments);
}

export function showStats(exchange: Exchange): void {
  exchange.json(statsOf(exchange.simulation));
}

export function showFaults(exchange: Exchange): void {
  exchange.json(exchange.simulation.faults);
}

/** Changes the faults that are named, and answers with all. */
export async function setFaults(exchange: Exchange): Promise<void> {
  const { simulation } = exchange;
  const change = changeFaults(simulation.faults, await exchange.body());
  if (change.kind === 'refused') throw badRequest(change.because);
  simulation.faults = change.faults;
  exchange.json(change.faults);
}

export function clearFaults(exchange: Exchange): void {
  exchange.simulation.faults = noFaults;
  exchange.json(noFaults);
}
