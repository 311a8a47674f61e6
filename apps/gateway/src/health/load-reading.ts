import { type ActiveAdapters, findEngine } from '@signalbox/engines';

/** What an engine said of its load, and when. Null: it does not tell. */
export interface LoadReading {
  readonly running: number | null;
  readonly waiting: number | null;
  /** 0 to 1. */
  readonly kvUse: number | null;
  readonly adapters: ActiveAdapters | null;
  readonly at: number;
}

/** Reads an engine's Prometheus text. Null where the engine is unknown or the text is not its own. */
export function loadReading(engine: string, metrics: string, at: number): LoadReading | null {
  const known = findEngine(engine);
  const load = known?.readLoad(metrics) ?? null;
  if (load === null) return null;
  const adapters = known?.adapters?.readActive(metrics) ?? null;
  return { running: load.running, waiting: load.waiting, kvUse: load.kvCacheUsage, adapters, at };
}
