import type { Replica } from '../routing/replica.ts';

const everyMs = 1_000;
const timeoutMs = 1_000;

interface Watch {
  timer: NodeJS.Timeout | undefined;
  stopped: boolean;
}

/** Asks every replica's health path once a second, each at its own moment; the first time at once. */
export class HealthChecks {
  readonly #checked: (replica: Replica, passed: boolean) => void;
  readonly #random: () => number;
  readonly #watches = new Map<Replica, Watch>();

  constructor(options: { checked: (replica: Replica, passed: boolean) => void; random: () => number }) {
    this.#checked = options.checked;
    this.#random = options.random;
  }

  watch(replica: Replica): void {
    const watch: Watch = { timer: undefined, stopped: false };
    this.#watches.set(replica, watch);
    void this.#check(replica, watch);
  }

  forget(replica: Replica): void {
    const watch = this.#watches.get(replica);
    if (watch === undefined) return;
    watch.stopped = true;
    clearTimeout(watch.timer);
    this.#watches.delete(replica);
  }

  async #check(replica: Replica, watch: Watch): Promise<void> {
    // A draining replica gets nothing new and may answer 503 as it should.
    if (replica.state !== 'draining') {
      const passed = await answersWell(replica);
      if (watch.stopped) return;
      this.#checked(replica, passed);
    }
    watch.timer = setTimeout(() => void this.#check(replica, watch), everyMs * (0.9 + this.#random() / 5));
  }
}

async function answersWell(replica: Replica): Promise<boolean> {
  try {
    const { status } = await replica.connections.get(replica.healthPath, timeoutMs);
    return status >= 200 && status < 300;
  } catch {
    return false;
  }
}
