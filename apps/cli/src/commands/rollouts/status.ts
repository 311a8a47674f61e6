import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../exit-code.ts';
import { followDeployments } from '../../following/follow-deployments.ts';
import { wantedTarget } from '../../following/target-of.ts';
import { timeoutOption, waitOption } from '../../following/timeout-option.ts';
import { present } from '../../output/output.ts';
import { parseDuration } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { evidenceLines, type Printing, type Rollout, statusLines } from './rollout-text.ts';

interface StatusOptions extends WithFormat {
  wait?: true;
  timeout: string;
}

export function statusCommand(cli: Cli): Command {
  const command = new Command('status')
    .summary('where the rollout is')
    .description('Where the rollout is, and its steps; without one under way, the last.')
    .argument('<deployment>')
    .addOption(waitOption('follow it until it ends'))
    .addOption(timeoutOption())
    .addOption(formatOption());
  examples(command, ['signalbox rollout status chat', 'signalbox rollout status chat --wait']);
  return runs<StatusOptions>(cli, command, async (session, [name = ''], { wait, timeout, output }) => {
    if (wait !== true) return showRollout(session, name, { output }, statusLines);
    const timeoutMs = parseDuration(timeout, '--timeout');
    return followDeployments(session, [await wantedTarget(session, name, session.project)], {
      timeoutMs,
      format: output,
    });
  });
}

export function explainRolloutCommand(cli: Cli): Command {
  const command = new Command('explain')
    .summary('why the rollout is where it is')
    .description('Why the rollout goes on, waits or was rolled back: what the gate saw and concluded.')
    .argument('<deployment>')
    .addOption(formatOption());
  examples(command, ['signalbox rollout explain chat']);
  return runs<WithFormat>(cli, command, (session, [name = ''], options) =>
    showRollout(session, name, options, evidenceLines),
  );
}

async function showRollout(
  { client, project, out, world }: Session,
  name: string,
  { output }: WithFormat,
  lines: (name: string, rollout: Rollout, printing: Printing) => readonly string[],
): Promise<ExitCode> {
  const { value, json } = await client.call('getRollout', { params: { name }, query: { project } });
  const { rollout } = value;
  present(out, output, {
    json,
    people: () => {
      if (rollout === null) return out.note(`${name} has had no rollout`);
      for (const line of lines(name, rollout, { colours: out.colours, now: world.now() })) out.line(line);
    },
  });
  return EXIT.done;
}
