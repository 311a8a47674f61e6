import type { GatewayReportAnswer, LimitUseReport, Snapshot, TrafficReport } from '@signalbox/domain';
import type { Readiness } from '@signalbox/runtime';
import type { DataPlane } from '../data-plane.ts';
import type { SnapshotIdentity } from '../snapshot/fence.ts';
import type { Traffic } from './traffic.ts';

/** The whole gateway in one process: for tests, and for machines where a second process costs more than it helps. */
export class OneProcess implements Traffic {
  readonly #plane: DataPlane;
  #applied: SnapshotIdentity | undefined;

  constructor(plane: DataPlane) {
    this.#plane = plane;
  }

  get applied(): SnapshotIdentity | undefined {
    return this.#applied;
  }

  get readiness(): Readiness {
    return this.#applied === undefined ? { ready: false, because: 'there is no snapshot yet' } : { ready: true };
  }

  listen(): Promise<{ host: string; port: number }> {
    return this.#plane.listen();
  }

  apply(snapshot: Snapshot): void {
    this.#plane.apply(snapshot);
    this.#applied = snapshot;
  }

  report(): TrafficReport {
    return this.#plane.report();
  }

  limitUses(): LimitUseReport[] {
    return this.#plane.limitUses();
  }

  share({ shares, gateways }: GatewayReportAnswer): void {
    this.#plane.setLimitShares(shares, 1 / gateways);
  }

  beginDraining(idleMs: number): void {
    this.#plane.beginDraining({ idleMs });
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#plane.drain(timeoutMs);
  }
}
