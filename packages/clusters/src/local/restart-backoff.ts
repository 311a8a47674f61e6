const firstMs = 100;
const longestMs = 30_000;
const forgivenAfterUpMs = 60_000;

/** How long to wait before a replica that ended is started again. Grows while it keeps ending young. */
export function nextBackoffMs(previousMs: number, upMs: number): number {
  if (previousMs === 0 || upMs >= forgivenAfterUpMs) return firstMs;
  return Math.min(previousMs * 2, longestMs);
}
