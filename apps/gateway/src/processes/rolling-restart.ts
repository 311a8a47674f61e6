import type { Logger } from '@signalbox/runtime';
import type { Awaited } from './awaited.ts';
import type { Crew, Place } from './crew.ts';

/** A new worker that takes longer is given up, and the old one stays. */
const freshWithinMs = 30_000;
/** The old worker's callers come to the new one within this time: it is slow until its code is compiled. */
const shedOverMs = 5_000;

export interface RollingRestartOptions {
  crew: Crew;
  awaited: Awaited;
  log: Logger;
  monotonicMs: () => number;
  isStopping: () => boolean;
  /** For those that leave: how long running requests may take, and how long idle connections are kept. */
  drainMs: number;
  idleMs: number;
}

/**
 * Replaces every worker by one that runs the code on disk, one after the other: never fewer serve than before, and
 * memory for one more is enough. An old one goes when a new one serves; if a new one does not get that far, all that
 * is left stays.
 */
export class RollingRestart {
  readonly #options: RollingRestartOptions;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(options: RollingRestartOptions) {
    this.#options = options;
  }

  /** Asked for while it runs it is done once more: the code may have changed after the first new worker read it. */
  run(): Promise<void> {
    this.#again = this.#running !== undefined;
    this.#running ??= this.#replaceAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #replaceAll(): Promise<void> {
    const { crew, awaited, log, monotonicMs, isStopping } = this.#options;
    do {
      this.#again = false;
      const startedAt = monotonicMs();
      log.info('rolling restart begins', { workers: crew.places.length });
      for (const place of crew.places) {
        // Old workers live as long as their streams: restarts in quick succession must not fill the memory.
        await awaited.until(() => isStopping() || crew.in('leaving').length <= 2 * crew.places.length);
        if (isStopping() || !(await this.#replace(place))) return;
      }
      log.info('rolling restart done', { durationMs: Math.round(monotonicMs() - startedAt) });
    } while (this.#again);
  }

  async #replace(place: Place): Promise<boolean> {
    const { crew, awaited, log, isStopping, drainMs, idleMs } = this.#options;
    const fresh = crew.start(place);
    await awaited.until(() => fresh.phase === 'serving' || !crew.has(fresh) || isStopping(), freshWithinMs);
    if (isStopping()) return false;
    if (fresh.phase !== 'serving') {
      log.error('a new worker did not come to serve; the rolling restart is given up and the old workers stay');
      fresh.kill();
      return false;
    }
    // Looked up only now: it may have died and been replaced meanwhile.
    const former = place.worker;
    clearTimeout(place.restart);
    place.worker = fresh;
    place.quickDeaths = 0;
    if (former === undefined || !crew.has(former)) return true;
    former.send({ kind: 'beginDraining', idleMs, overMs: shedOverMs });
    crew.letGo(former, drainMs);
    return true;
  }
}
