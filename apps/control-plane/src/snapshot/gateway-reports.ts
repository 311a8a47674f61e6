import { type Database, repositories } from '@signalbox/db';
import type { DeploymentId, GatewayReport, ReplicaId } from '@signalbox/domain';
import type { Clock } from '@signalbox/runtime';
import { reportDelta } from './report-delta.ts';

/** Takes in what gateways say: stores it, adds up what they counted, and wakes whom it concerns. */
export class GatewayReports {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #wake: (id: DeploymentId) => void;
  readonly #deploymentOf: (replica: ReplicaId) => DeploymentId | undefined;
  readonly #listeners = new Set<(report: GatewayReport) => void>();

  constructor(options: {
    db: Database;
    clock: Clock;
    wake: (id: DeploymentId) => void;
    deploymentOf: (replica: ReplicaId) => DeploymentId | undefined;
  }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#wake = options.wake;
    this.#deploymentOf = options.deploymentOf;
  }

  async receive(report: GatewayReport): Promise<void> {
    // Who waits for an acknowledgement need not wait for the disk.
    for (const listener of this.#listeners) listener(report);
    const now = this.#clock.now();
    const previous = await this.#db.transaction(async (tx) => {
      const { gateways, revisionStats } = repositories(tx);
      const outcome = await gateways.upsertReport(report, now);
      if (outcome.kind === 'stale') return report;
      await revisionStats.add(reportDelta(report, outcome.previous), now);
      return outcome.previous;
    });
    for (const id of this.#concerned(report, previous)) this.#wake(id);
  }

  /** Calls back with every report that this process receives, before it is stored. */
  onReport(listener: (report: GatewayReport) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Deployments with a replica that was admitted, let go, or finished its last request. */
  #concerned(report: GatewayReport, previous: GatewayReport | undefined): ReadonlySet<DeploymentId> {
    const before = new Map(previous?.replicas.map((row) => [row.replicaId, row]));
    const concerned = new Set<DeploymentId>();
    for (const row of report.replicas) {
      const known = before.get(row.replicaId);
      const idleNow = row.inFlight === 0 && (known?.inFlight ?? 0) > 0;
      if (known?.admitted === row.admitted && !idleNow) continue;
      const owner = this.#deploymentOf(row.replicaId as ReplicaId);
      if (owner !== undefined) concerned.add(owner);
    }
    return concerned;
  }
}
