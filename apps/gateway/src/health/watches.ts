import type { Replica } from '../routing/replica.ts';

/** That a replica is asked again and again, with the timer of its next time. */
export interface Watch {
  timer: NodeJS.Timeout | undefined;
  /** What comes now comes too late. */
  stopped: boolean;
}

/** The replicas that are watched. */
export class Watches<W extends Watch> {
  readonly #watches = new Map<Replica, W>();

  begin(replica: Replica, watch: W): W {
    this.#watches.set(replica, watch);
    return watch;
  }

  of(replica: Replica): W | undefined {
    return this.#watches.get(replica);
  }

  end(replica: Replica): void {
    const watch = this.#watches.get(replica);
    if (watch === undefined) return;
    watch.stopped = true;
    clearTimeout(watch.timer);
    this.#watches.delete(replica);
  }
}
