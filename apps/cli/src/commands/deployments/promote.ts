import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../exit-code.ts';
import { followDeployments } from '../../following/follow-deployments.ts';
import { timeoutOption, waitOption } from '../../following/timeout-option.ts';
import { present } from '../../output/output.ts';
import { parseDuration } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

interface Options extends WithFormat {
  version: string;
  reason?: string;
  wait?: true;
  timeout: string;
}

export function promoteCommand(cli: Cli): Command {
  const command = new Command('promote')
    .summary('roll out another version')
    .description('Want another version: starts the rollout that the deployment’s policy describes. Safe to repeat.')
    .argument('<deployment>')
    .requiredOption('--version <version>', 'the model version to serve')
    .option('--reason <text>', 'kept in the ledger')
    .addOption(waitOption('follow the rollout until it ends: 0 completed, 3 rolled back, 4 not done in time'))
    .addOption(timeoutOption())
    .addOption(formatOption());
  examples(command, [
    'signalbox promote chat --version v4',
    'signalbox promote chat --version v4 --wait --timeout 30m  # in a pipeline; repeating it takes the wait up again',
  ]);
  return runs<Options>(cli, command, promote);
}

async function promote(session: Session, [name = '']: readonly string[], options: Options): Promise<ExitCode> {
  const { client, project, out } = session;
  const timeoutMs = parseDuration(options.timeout, '--timeout');
  const { version, reason } = options;
  const answer = await client.call('promote', { params: { name }, query: { project }, body: { version, reason } });
  const { wanted, message, outcome } = answer.value;
  present(out, options.output, { json: answer.json, people: () => out.line(`${name}: ${message}`) });
  if (options.wait !== true || outcome === 'done') return EXIT.done;
  return followDeployments(session, [{ name, project, revision: wanted.revision }], {
    timeoutMs,
    format: options.output,
  });
}
