import { type Database, repositories } from '@signalbox/db';
import {
  type DeploymentId,
  type GatewayId,
  type GatewayReport,
  type GatewayReportAnswer,
  type LimitUses,
  type ReplicaId,
  usesAfter,
} from '@signalbox/domain';
import type { Clock } from '@signalbox/runtime';
import { limitSharesOf } from './limit-shares.ts';
import { reportDelta } from './report-delta.ts';

/** Takes in what gateways say: stores it, adds up what they counted, and wakes whom it concerns. */
export class GatewayReports {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #silentMs: number;
  readonly #wake: (id: DeploymentId) => void;
  readonly #deploymentOf: (replica: ReplicaId) => DeploymentId | undefined;
  readonly #listeners = new Set<(report: GatewayReport) => void>();

  constructor(options: {
    db: Database;
    clock: Clock;
    /** A gateway that was not heard from for longer shares no limits. */
    silentMs: number;
    wake: (id: DeploymentId) => void;
    deploymentOf: (replica: ReplicaId) => DeploymentId | undefined;
  }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#silentMs = options.silentMs;
    this.#wake = options.wake;
    this.#deploymentOf = options.deploymentOf;
  }

  /** Hands back what the gateway may use of shared limits; undefined when it has no part in that. */
  async receive(report: GatewayReport): Promise<GatewayReportAnswer | undefined> {
    // Who waits for an acknowledgement need not wait for the disk.
    for (const listener of this.#listeners) listener(report);
    const now = this.#clock.now();
    const previous = await this.#db.transaction(async (tx) => {
      const { gateways, revisionStats } = repositories(tx);
      const outcome = await gateways.upsertReport(report, now);
      if (outcome.kind === 'stale') return report;
      await revisionStats.add(reportDelta(report, outcome.previous), now);
      const uses = limitUsesOf(report, outcome);
      if (uses !== outcome.limitUses) await gateways.saveLimitUses(report.gatewayId as GatewayId, uses);
      return outcome.previous;
    });
    for (const id of this.#concerned(report, previous)) this.#wake(id);
    if (report.limits === undefined) return undefined;
    const sharing = await repositories(this.#db).gateways.listLimitUses(now - this.#silentMs);
    return limitSharesOf(report.gatewayId, sharing);
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

/** The time that a report tells of is told by the gateway's own clock, which no other is compared with. */
function limitUsesOf(
  { bootId, startedAt, sentAt, limits }: GatewayReport,
  { previous, limitUses }: { previous: GatewayReport | undefined; limitUses: LimitUses | null },
): LimitUses | null {
  if (limits === undefined) return null;
  const since = previous?.bootId === bootId ? previous.sentAt : startedAt;
  return usesAfter(limitUses ?? {}, limits, sentAt - since);
}
