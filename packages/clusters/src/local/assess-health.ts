import type { HttpProbe, Instant, WorkloadSpec } from '@signalbox/domain';
import type { Health } from './records.ts';

/** Probes since the process was started, counted by the control plane that keeps it. */
export interface ProbeHistory {
  readiness: { failuresInARow: number; lastFailure: string | null; passed: boolean };
  liveness: { failuresInARow: number; lastFailure: string | null };
}

export const noProbesYet: ProbeHistory = {
  readiness: { failuresInARow: 0, lastFailure: null, passed: false },
  liveness: { failuresInARow: 0, lastFailure: null },
};

export type HealthVerdict = { kind: 'keep'; health: Health; reason: string | null } | { kind: 'kill'; reason: string };

/**
 * What the kubelet would make of these probes. Until it has been ready once, a replica has its startup probe's whole
 * budget; afterwards failed liveness probes end it.
 */
export function assessHealth(
  spec: WorkloadSpec,
  before: Health,
  startedAt: Instant,
  history: ProbeHistory,
  now: Instant,
): HealthVerdict {
  const { readiness, liveness } = history;
  if (readiness.passed && readiness.failuresInARow === 0) return { kind: 'keep', health: 'ready', reason: null };
  if (before === 'loading') {
    const budgetMs = spec.probes.startup.failureThreshold * spec.probes.startup.periodSeconds * 1_000;
    if (now - startedAt <= budgetMs) return { kind: 'keep', health: 'loading', reason: null };
    return { kind: 'kill', reason: `not ready within ${budgetMs / 1_000} s: ${readiness.lastFailure ?? 'no answer'}` };
  }
  if (liveness.failuresInARow >= spec.probes.liveness.failureThreshold) {
    return { kind: 'kill', reason: `liveness probe failed: ${liveness.lastFailure}` };
  }
  if (before === 'ready' && readiness.failuresInARow < spec.probes.readiness.failureThreshold) {
    return { kind: 'keep', health: 'ready', reason: null };
  }
  // Found again after a restart of the control plane, with no probe of our own yet.
  if (readiness.failuresInARow === 0) return { kind: 'keep', health: before, reason: null };
  return { kind: 'keep', health: 'unready', reason: `readiness probe failed: ${readiness.lastFailure}` };
}

/** A loading engine is asked often, since a laptop's user waits for it; a serving one as its spec says. */
export function probeIntervalMs(probe: HttpProbe, health: Health): number {
  return health === 'loading' ? Math.min(probe.periodSeconds * 1_000, 200) : probe.periodSeconds * 1_000;
}
