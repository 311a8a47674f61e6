import { type Database, type ReportOutcome, type Repositories, repositories } from '@signalbox/db';
import {
  type DeploymentId,
  type GatewayId,
  type GatewayReport,
  type GatewayReportAnswer,
  type LimitSpec,
  type LimitUses,
  limitSharesOf,
  type ReplicaId,
  type SharingGateway,
  usesAfter,
} from '@signalbox/domain';
import type { Clock } from '@signalbox/runtime';
import { reportDelta } from './report-delta.ts';

/** What a gateway used of limits counts for this long after it was heard from: the window of most of them. */
const USES_COUNT_MS = 60_000;

/** Takes in what gateways say: stores it, adds up what they counted, and wakes whom it concerns. */
export class GatewayReports {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #silentMs: number;
  readonly #wake: (id: DeploymentId) => void;
  readonly #deploymentOf: (replica: ReplicaId) => DeploymentId | undefined;
  readonly #limitOf: (id: string) => LimitSpec | undefined;
  readonly #listeners = new Set<(report: GatewayReport) => void>();

  constructor(options: {
    db: Database;
    clock: Clock;
    /** A gateway that was not heard from for longer has no part in limits. */
    silentMs: number;
    wake: (id: DeploymentId) => void;
    deploymentOf: (replica: ReplicaId) => DeploymentId | undefined;
    limitOf: (id: string) => LimitSpec | undefined;
  }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#silentMs = options.silentMs;
    this.#wake = options.wake;
    this.#deploymentOf = options.deploymentOf;
    this.#limitOf = options.limitOf;
  }

  /** Hands back what the gateway may use of shared limits; undefined when it has no part in that. */
  async receive(report: GatewayReport): Promise<GatewayReportAnswer | undefined> {
    // Who waits for an acknowledgement need not wait for the disk.
    for (const listener of this.#listeners) listener(report);
    const now = this.#clock.now();
    const { previous, answer } = await this.#db.transaction(async (tx) => {
      const repos = repositories(tx);
      const outcome = await repos.gateways.upsertReport(report, now);
      if (outcome.kind === 'stale') return { previous: report, answer: undefined };
      await repos.revisionStats.add(reportDelta(report, outcome.previous), now);
      return { previous: outcome.previous, answer: await this.#share(repos, report, outcome, now) };
    });
    for (const id of this.#concerned(report, previous)) this.#wake(id);
    return answer;
  }

  /** Last of all in the transaction: until its end, no other API process may give out the same part of a limit. */
  async #share(
    { gateways }: Pick<Repositories, 'gateways'>,
    report: GatewayReport,
    known: KnownGateway,
    now: number,
  ): Promise<GatewayReportAnswer | undefined> {
    const id = report.gatewayId as GatewayId;
    if (report.limits === undefined) {
      if (known.limitUses !== null) await gateways.saveLimitUses(id, null);
      return undefined;
    }
    const uses = usesBy(report, known);
    const others = (await gateways.lockLimitUses(now - USES_COUNT_MS)).filter((row) => row.id !== id);
    const all = [...others.map((row) => ({ ...row, state: stateOf(row, now - this.#silentMs) }))];
    all.push({
      id,
      uses,
      accepting: report.accepting,
      lastSeenAt: now,
      state: stateOf({ ...report, lastSeenAt: now }, now),
    });
    all.sort((a, b) => (a.id < b.id ? -1 : 1));
    const shared = limitSharesOf(id, all, this.#limitOf);
    await gateways.saveLimitUses(id, shared?.uses ?? uses);
    return shared?.answer;
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

type KnownGateway = Extract<ReportOutcome, { kind: 'stored' }>;

/** The time that a report tells of is told by the gateway's own clock. After a restart nothing is known any more. */
function usesBy({ bootId, startedAt, sentAt, limits = [] }: GatewayReport, known: KnownGateway): LimitUses {
  if (known.previous?.bootId !== bootId) return usesAfter(null, limits, sentAt - startedAt);
  return usesAfter(known.limitUses, limits, sentAt - known.previous.sentAt);
}

function stateOf(
  { accepting, lastSeenAt }: { accepting: boolean; lastSeenAt: number },
  heardSince: number,
): SharingGateway['state'] {
  if (lastSeenAt < heardSince) return 'silent';
  return accepting ? 'serving' : 'draining';
}
