import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../exit-code.ts';
import { changeLines, countLine } from '../../manifests/changes-text.ts';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { type Cli, collect, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { readManifests, sendManifests } from './send-manifests.ts';

interface Options extends WithFormat {
  filename: readonly string[];
  prune?: true;
  source?: string;
}

export function planCommand(cli: Cli): Command {
  const command = new Command('plan')
    .summary('what would change')
    .description('Say what apply would change, and change nothing. Ends 0: nothing, 2: changes, 1: refused.')
    .requiredOption('-f, --filename <path>', 'a file, a folder, or - for stdin; may be repeated', collect)
    .option('--prune', 'count what this source once applied and no longer contains as deleted')
    .option('--source <name>', 'names what --prune compares with (default: -f as given)')
    .addOption(formatOption());
  examples(command, [
    'signalbox plan -f chat.yaml',
    'signalbox plan -f manifests/ --prune',
    'signalbox plan -f manifests/; test $? -eq 2 && signalbox apply -f manifests/',
  ]);
  return runs<Options>(cli, command, plan);
}

async function plan(session: Session, _args: readonly string[], options: Options): Promise<ExitCode> {
  const { out } = session;
  const manifests = await readManifests(session, options);
  // What carries traffic may be part of a plan: apply asks for --yes then.
  const flags = { prune: options.prune === true, dryRun: true, yes: true };
  const answer = await sendManifests(session, manifests, flags);
  const { changes } = answer.value;
  present(out, options.output, {
    json: answer.json,
    people: () => {
      for (const line of changeLines(changes, out.colours)) out.line(line);
      out.line(`plan: ${countLine(changes, true)}`);
    },
  });
  return changes.every(({ change }) => change === 'unchanged') ? EXIT.done : EXIT.wouldChange;
}
