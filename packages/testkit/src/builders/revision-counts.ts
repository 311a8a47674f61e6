import { type RevisionCounts, TTFT_BOUNDS_MS } from '@signalbox/domain';

/** So many requests, of which so many failed; each stream's first token came after one of `ttftMs`, evenly. */
export function requests(count: number, options: { errors?: number; ttftMs?: readonly number[] } = {}): RevisionCounts {
  const { errors = 0, ttftMs = [] } = options;
  const times = Array.from({ length: ttftMs.length === 0 ? 0 : count }, (_, i) => ttftMs[i % ttftMs.length] ?? 0);
  return { requests: count, errors, rescued: 0, cancelled: 0, ttftCounts: ttftHistogram(times) };
}

/** Cumulative: how many of `times` are at or below each bound, and all of them last. */
export function ttftHistogram(times: readonly number[]): readonly number[] {
  return [...TTFT_BOUNDS_MS.map((bound) => times.filter((ms) => ms <= bound).length), times.length];
}
