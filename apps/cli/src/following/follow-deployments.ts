import { EXIT, type ExitCode, Interrupted } from '../exit-code.ts';
import type { Format } from '../output/output.ts';
import { shortDuration } from '../output/times.ts';
import type { Session } from '../session.ts';
import { isPassing } from './is-passing.ts';
import { Progress } from './progress.ts';
import { type WaitOutcome, waitOutcome } from './wait-outcome.ts';
import { WakeUps } from './wake-ups.ts';

/** A deployment and the revision that it should come to serve. */
export interface Target {
  name: string;
  project: string;
  revision: number;
}

export interface Patience {
  timeoutMs: number;
  format: Format;
}

const RESYNC_MS = 2_000;
const LOOK_TIMEOUT_MS = 10_000;

/** Waits for all of them, one after the other; ends with the worst outcome. */
export async function followDeployments(
  session: Session,
  targets: readonly Target[],
  { timeoutMs, format }: Patience,
): Promise<ExitCode> {
  const deadline = session.world.now() + timeoutMs;
  let worst: ExitCode = EXIT.done;
  for (const target of targets) worst = worse(worst, await follow(session, target, deadline, { timeoutMs, format }));
  return worst;
}

const SEVERITY: readonly ExitCode[] = [EXIT.done, EXIT.stillGoingOn, EXIT.rolledBack, EXIT.refused];

export function worse(a: ExitCode, b: ExitCode): ExitCode {
  return SEVERITY.indexOf(b) > SEVERITY.indexOf(a) ? b : a;
}

async function follow(
  session: Session,
  target: Target,
  deadline: number,
  { timeoutMs, format }: Patience,
): Promise<ExitCode> {
  const { world, out, client } = session;
  const progress = new Progress(world.writeError, world.terminal.stderr ? world.terminal.columns : null);
  const wakeUps = new WakeUps(client, target.project, ({ kind }) => kind !== 'lost');
  try {
    for (;;) {
      const outcome = await look(session, target);
      if (outcome.kind === 'ended') {
        progress.end();
        return finish(session, target, outcome, format);
      }
      progress.show(`${target.name}: ${outcome.line}`, outcome.milestone);
      const leftMs = deadline - world.now();
      if (leftMs <= 0) {
        progress.end();
        out.note(`error: ${target.name}: not done after ${shortDuration(timeoutMs)}; it goes on. ${takeUp(target)}`);
        return EXIT.stillGoingOn;
      }
      await wakeUps.next(Math.min(RESYNC_MS, leftMs), world.interrupt);
      world.interrupt.throwIfAborted();
    }
  } catch (error) {
    progress.end();
    if (!world.interrupt.aborted) throw error;
    throw new Interrupted(`stopped waiting; the rollout of ${target.name} goes on. ${takeUp(target)}`);
  } finally {
    wakeUps.close();
  }
}

function finish(
  { out }: Session,
  { name }: Target,
  outcome: Extract<WaitOutcome, { kind: 'ended' }>,
  format: Format,
): ExitCode {
  // With -o json, stdout belongs to the answer.
  if (outcome.exitCode === EXIT.done && format === 'table') out.line(`${name}: ${outcome.line}`);
  else if (outcome.exitCode === EXIT.done) out.note(`${name}: ${outcome.line}`);
  else out.note(`error: ${name}: ${outcome.line}`);
  return outcome.exitCode;
}

/** A control plane that restarts meanwhile changes nothing for the rollout, so it doesn't end the wait either. */
async function look({ client }: Session, { name, project, revision }: Target): Promise<WaitOutcome> {
  try {
    return waitOutcome(
      await client.getDeployment({ params: { name }, query: { project } }, { timeoutMs: LOOK_TIMEOUT_MS }),
      revision,
    );
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { kind: 'going', milestone: 'away', line: 'the control plane does not answer; trying again' };
  }
}

function takeUp({ name, project }: Target): string {
  const where = project === 'default' ? '' : ` -p ${project}`;
  return `See: signalbox rollout status ${name}${where} (--wait takes the wait up again)`;
}
