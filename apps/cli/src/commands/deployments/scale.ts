import { Command } from 'commander';
import { UsageError } from '../../exit-code.ts';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat, wholeNumber } from '../command.ts';

interface Options extends WithFormat {
  replicas?: number;
  auto?: true;
  reason?: string;
}

export function scaleCommand(cli: Cli): Command {
  const command = new Command('scale')
    .summary('fix the number of replicas, or give it back')
    .description('Fix the number of replicas, or give it back to the autoscaler. Restarts nothing that runs.')
    .argument('<deployment>')
    .option('--replicas <number>', 'exactly this many', wholeNumber)
    .option('--auto', 'as many as the autoscaler finds right')
    .option('--reason <text>', 'kept in the ledger')
    .addOption(formatOption());
  examples(command, ['signalbox scale chat --replicas 4 --reason launch', 'signalbox scale chat --auto']);
  return runs<Options>(cli, command, scale);
}

async function scale(
  { client, project, out }: Session,
  [name = '']: readonly string[],
  options: Options,
): Promise<void> {
  const { replicas, auto, reason, output } = options;
  if ((replicas === undefined) === (auto === undefined)) {
    throw new UsageError('say how many: --replicas N, or --auto');
  }
  const body = { replicas: replicas ?? null, reason };
  const answer = await client.call('scale', { params: { name }, query: { project }, body });
  present(out, output, { json: answer.json, people: () => out.line(`${name}: ${answer.value.message}`) });
}
