import type { Replica } from '../routing/replica.ts';
import { AttemptError } from '../upstream/failure.ts';
import { type Doubt, dueInDoubt, msToNextCheck, type Pace } from './check-pace.ts';
import type { CheckOutcome } from './replica-health.ts';
import { type Watch, Watches } from './watches.ts';

/**
 * SGLang generates a token for its answer, which takes a second; a frozen replica must be out within five. The next
 * check does not wait for this one, so that a lost packet or a dead connection decides nothing.
 */
const timeoutMs = 3_000;

type CheckWatch = Watch & Pace;

export interface HealthCheckOptions {
  checked: (replica: Replica, outcome: CheckOutcome, askedAt: number) => void;
  now: () => number;
  random: () => number;
}

/** Asks every replica's health path once a second, each at its own moment; the first time at once. */
export class HealthChecks {
  readonly #options: HealthCheckOptions;
  readonly #watches = new Watches<CheckWatch>();

  constructor(options: HealthCheckOptions) {
    this.#options = options;
  }

  watch(replica: Replica): void {
    const fresh = { timer: undefined, stopped: false, startedAt: 0, unanswered: 0, dueAt: 0 };
    void this.#check(replica, this.#watches.begin(replica, fresh));
  }

  forget(replica: Replica): void {
    this.#watches.end(replica);
  }

  /** Called for every request that waits, 40 times a second: mostly there is nothing to do. */
  doubt(replica: Replica, why: Doubt): void {
    const watch = this.#watches.of(replica);
    if (watch === undefined) return;
    const now = this.#options.now();
    const dueAt = dueInDoubt(watch, why, now);
    if (dueAt < watch.dueAt) this.#schedule(replica, watch, dueAt, now);
  }

  async #check(replica: Replica, watch: CheckWatch): Promise<void> {
    const { checked, now, random } = this.#options;
    const askedAt = now();
    watch.startedAt = askedAt;
    this.#schedule(replica, watch, askedAt + msToNextCheck(replica.health, askedAt, random()), askedAt);
    // A draining replica gets nothing new and may answer 503 as it should.
    if (replica.state === 'draining') return;
    watch.unanswered++;
    const outcome = await outcomeOf(replica);
    watch.unanswered--;
    if (watch.stopped) return;
    checked(replica, outcome, askedAt);
    if (outcome === 'failed' && replica.health.ejection === null) this.doubt(replica, 'failure');
  }

  #schedule(replica: Replica, watch: CheckWatch, dueAt: number, now: number): void {
    clearTimeout(watch.timer);
    watch.dueAt = dueAt;
    watch.timer = setTimeout(() => void this.#check(replica, watch), dueAt - now);
  }
}

async function outcomeOf(replica: Replica): Promise<CheckOutcome> {
  try {
    const { status } = await replica.connections.get(replica.healthPath, timeoutMs);
    return status >= 200 && status < 300 ? 'passed' : 'failed';
  } catch (error) {
    return error instanceof AttemptError && error.failure.kind === 'timeout' ? 'unanswered' : 'failed';
  }
}
