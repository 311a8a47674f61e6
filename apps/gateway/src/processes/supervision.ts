/** A worker that lived for less than this has not proven that it can run. */
const provenMs = 10_000;
const firstDelayMs = 200;
const lastDelayMs = 10_000;
/** A worker tells twice a second. Longer than any pause of its memory's housekeeping, shorter than callers' patience. */
const silentMs = 5_000;
const startMs = 30_000;
/** The watch looks twice a second; when it comes this late, it was we who slept. */
const lateMs = 2_000;

/** How many have died young in a row, this one included. */
export function quickDeathsAfter(before: number, livedMs: number): number {
  return livedMs < provenMs ? before + 1 : 0;
}

/** The first is replaced at once; the more die young, the longer the pause. */
export function restartDelayMs(quickDeaths: number): number {
  return quickDeaths <= 1 ? 0 : Math.min(firstDelayMs * 2 ** (quickDeaths - 2), lastDelayMs);
}

/** Since when silence counts: after we slept ourselves, nobody is to blame for what we did not hear. */
export function listeningSince(before: number, watchedAt: number, now: number): number {
  return now - watchedAt > lateMs ? now : before;
}

export interface Heard {
  startedAt: number;
  /** Undefined until its first word. */
  heardAt: number | undefined;
}

export function isHung({ startedAt, heardAt }: Heard, listeningFrom: number, now: number): boolean {
  if (heardAt === undefined) return now - Math.max(startedAt, listeningFrom) > startMs;
  return now - Math.max(heardAt, listeningFrom) > silentMs;
}
