import { assertNever } from '../assert-never.ts';
import type { RolloutPolicy } from '../deployments/deployment-spec.ts';
import type { Assessment } from './assess.ts';
import type { GateVerdict } from './phase.ts';
import type { RolloutCommand } from './rollout-world.ts';

/** One visible effect each; safe to run twice, safe to stop anywhere. */
export type RolloutAction =
  | { kind: 'none' }
  | { kind: 'wait'; ms: number; message: string; verdict: GateVerdict | null }
  | { kind: 'obey'; command: RolloutCommand }
  | { kind: 'supersede' }
  | { kind: 'provision'; share: number }
  | { kind: 'beginStep'; next: 'first' | 'following'; verdict: GateVerdict | null }
  | { kind: 'shiftTraffic'; weight: number; reached: boolean }
  | { kind: 'pause'; because: string; verdict: GateVerdict | null }
  /** Traffic first, capacity after. */
  | { kind: 'rollBack'; because: string; verdict: GateVerdict | null }
  | { kind: 'promote' }
  | { kind: 'finishRollBack' };

/** Passes are also woken by reports and observations; this is how long a quiet rollout sleeps at most. */
const RECHECK_MS = 1_000;
const UNKNOWN_RECHECK_MS = 5_000;

export function nextAction(seen: Assessment, onFailure: RolloutPolicy['onFailure']): RolloutAction {
  switch (seen.kind) {
    case 'finished':
      return { kind: 'none' };
    case 'commanded':
      return { kind: 'obey', command: seen.command };
    case 'superseded':
      return { kind: 'supersede' };
    case 'planned':
    case 'underprovisioned':
      return { kind: 'provision', share: seen.share };
    case 'provisioned':
      return { kind: 'beginStep', next: 'first', verdict: null };
    case 'weightDue':
      return { kind: 'shiftTraffic', weight: seen.weight, reached: seen.reached };
    case 'stepPassed':
      return { kind: 'beginStep', next: 'following', verdict: seen.verdict };
    case 'promotable':
      return { kind: 'promote' };
    case 'bad':
      return { kind: onFailure === 'pause' ? 'pause' : 'rollBack', because: seen.because, verdict: seen.verdict };
    case 'returned':
      return { kind: 'finishRollBack' };
    // Silence never promotes, never deletes.
    case 'unknown':
      return { kind: 'wait', ms: UNKNOWN_RECHECK_MS, message: seen.message, verdict: null };
    case 'paused':
      return { kind: 'wait', ms: RECHECK_MS, message: 'paused', verdict: null };
    case 'short':
      return { kind: 'wait', ms: RECHECK_MS, message: seen.message, verdict: null };
    case 'holding':
      return { kind: 'wait', ms: Math.min(seen.ms, RECHECK_MS), message: seen.message, verdict: seen.verdict };
    case 'awaitingApproval':
      return { kind: 'wait', ms: RECHECK_MS, message: `waiting for an approval by ${seen.role}`, verdict: null };
    case 'acknowledging':
      return { kind: 'wait', ms: 250, message: 'waiting for gateways to acknowledge', verdict: null };
    default:
      return assertNever(seen);
  }
}
