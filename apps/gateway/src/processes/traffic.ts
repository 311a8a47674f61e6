import type { GatewayReportAnswer, LimitUseReport, Snapshot, TrafficReport } from '@signalbox/domain';
import type { Readiness } from '@signalbox/runtime';
import type { UsedLimit } from '../admission/limits/used-limits.ts';
import type { SnapshotIdentity } from '../snapshot/fence.ts';

/** What carries callers' requests, as the rest of the gateway sees it: this process itself, or workers. */
export interface Traffic {
  /** The snapshot that every process serves by; one that has just come may still be on its way to some. */
  readonly applied: SnapshotIdentity | undefined;
  readonly readiness: Readiness;
  listen(): Promise<{ host: string; port: number }>;
  /** `text` is the snapshot as it came. */
  apply(snapshot: Snapshot, text: string): void;
  report(): TrafficReport;
  /** Of limits in use; `wanted` is since the last time this was asked. */
  limitUses(): LimitUseReport[];
  /** What was used of limits within their windows. */
  limitsUsed(): UsedLimit[];
  /** Before the first request: what this gateway had used before it was started anew. */
  rememberLimits(used: readonly UsedLimit[]): void;
  /** The gateway's parts of the limits. */
  share(parts: GatewayReportAnswer): void;
  /** From now on answers close their connections; one that waits for a request may do so for `idleMs`. */
  beginDraining(idleMs: number): void;
  /** Takes no more, lets what runs finish in its time, and ends. */
  drain(timeoutMs: number): Promise<void>;
}
