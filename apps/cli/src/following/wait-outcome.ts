import type { ApiResponse } from '@signalbox/contracts';
import { EXIT, type ExitCode } from '../exit-code.ts';

export type DeploymentView = Pick<ApiResponse<'getDeployment'>, 'status'>;

/** Where a deployment is on its way to the revision that is waited for. */
export type WaitOutcome =
  | { kind: 'ended'; exitCode: ExitCode; line: string }
  | { kind: 'going'; milestone: string; line: string };

/**
 * Pure: the same answer for a watcher from the start and for one who comes back later, so that a wait can be taken up
 * again at any time. `revision` is the one that is waited for.
 */
export function waitOutcome(deployment: DeploymentView, revision: number): WaitOutcome {
  const { rollout, stable, wanted, phase } = deployment.status;
  if (phase === 'deleting') return ended(EXIT.refused, 'the deployment is being deleted');
  if (rollout?.to.revision === revision) return outcomeOfRollout(rollout);
  if (wanted !== null && wanted.revision !== revision) {
    return ended(EXIT.refused, `superseded: ${versionText(wanted)} is wanted now`);
  }
  if (stable?.revision === revision) return ended(EXIT.done, `${versionText(stable)} serves all traffic`);
  return { kind: 'going', milestone: 'before', line: 'waiting for the rollout to begin' };
}

type Rollout = NonNullable<DeploymentView['status']['rollout']>;

function outcomeOfRollout(rollout: Rollout): WaitOutcome {
  const target = versionText(rollout.to);
  switch (rollout.phase) {
    case 'completed':
      return ended(EXIT.done, `${target} serves all traffic`);
    case 'rolledBack':
      return ended(EXIT.rolledBack, `${target} was rolled back: ${rollout.because ?? rollout.message}`);
    case 'superseded':
      return ended(EXIT.refused, `superseded: ${rollout.because ?? rollout.message}`);
    default:
      return { kind: 'going', milestone: milestoneOf(rollout), line: progressText(rollout) };
  }
}

/** What stays in the terminal's history; everything in between is written over. */
function milestoneOf({ phase, step, paused, percent }: Rollout): string {
  return [phase, step.index, paused, percent].join('/');
}

function progressText(rollout: Rollout): string {
  const { phase, step, percent, paused, message, to } = rollout;
  const where = phase === 'stepping' ? `step ${Math.min(step.index + 1, step.count)} of ${step.count}` : phase;
  const held = paused ? ', paused' : '';
  return `${versionText(to)} ${where}, ${percent} % of traffic${held}: ${message}`;
}

function versionText({ version, revision }: { version: string; revision: number }): string {
  return `${version} (revision ${revision})`;
}

function ended(exitCode: ExitCode, line: string): WaitOutcome {
  return { kind: 'ended', exitCode, line };
}
