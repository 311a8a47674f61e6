import type { GatewayReportAnswer, LimitUseReport, Snapshot, TrafficReport } from '@signalbox/domain';
import type { Readiness } from '@signalbox/runtime';
import type { UsedLimit } from '../admission/limits/used-limits.ts';
import type { DataPlane } from '../data-plane.ts';
import type { SnapshotIdentity } from '../snapshot/fence.ts';
import type { Traffic } from './traffic.ts';
import { WorkerLimits } from './worker-limits.ts';

/** As often as workers tell. */
const shareEveryMs = 500;

/** The whole gateway in one process: for tests, and for machines where a second process costs more than it helps. */
export class OneProcess implements Traffic {
  readonly #plane: DataPlane;
  readonly #now: () => number;
  /** As if this process were the only worker of its gateway. */
  readonly #limits = new WorkerLimits<DataPlane>(1);
  #applied: SnapshotIdentity | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(plane: DataPlane, now: () => number) {
    this.#plane = plane;
    this.#now = now;
  }

  get applied(): SnapshotIdentity | undefined {
    return this.#applied;
  }

  get readiness(): Readiness {
    return this.#applied === undefined ? { ready: false, because: 'there is no snapshot yet' } : { ready: true };
  }

  listen(): Promise<{ host: string; port: number }> {
    this.#takeParts(this.#limits.welcome(this.#plane, this.#now()));
    this.#shareLimits();
    this.#timer = setInterval(() => this.#shareLimits(), shareEveryMs).unref();
    return this.#plane.listen();
  }

  apply(snapshot: Snapshot): void {
    this.#plane.apply(snapshot);
    this.#applied = snapshot;
    this.#limits.apply(snapshot);
    this.#shareLimits();
  }

  report(): TrafficReport {
    return this.#plane.report();
  }

  limitUses(): LimitUseReport[] {
    this.#shareLimits();
    return this.#limits.uses(this.#now());
  }

  limitsUsed(): UsedLimit[] {
    this.#shareLimits();
    return this.#limits.used(this.#now());
  }

  rememberLimits(used: readonly UsedLimit[]): void {
    this.#limits.remember(used, this.#now());
  }

  share(parts: GatewayReportAnswer): void {
    this.#takeParts(this.#limits.share(parts));
    this.#shareLimits();
  }

  beginDraining(idleMs: number): void {
    this.#plane.beginDraining({ idleMs });
  }

  async drain(timeoutMs: number): Promise<void> {
    await this.#plane.drain(timeoutMs);
    clearInterval(this.#timer);
  }

  #shareLimits(): void {
    this.#takeParts(this.#limits.heard(this.#plane, this.#plane.limitUses(), this.#now()));
  }

  #takeParts(parts: GatewayReportAnswer | undefined): void {
    if (parts !== undefined) this.#plane.setLimitShares(parts.shares, 1 / parts.gateways);
  }
}
