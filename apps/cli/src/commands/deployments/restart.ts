import { Command } from 'commander';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

interface Options extends WithFormat {
  reason?: string;
}

export function restartCommand(cli: Cli): Command {
  const command = new Command('restart')
    .summary('replace the replicas one after the other')
    .description('Replace the replicas one after the other, each after its drain. No request fails.')
    .argument('<deployment>')
    .option('--reason <text>', 'kept in the ledger')
    .addOption(formatOption());
  examples(command, ['signalbox restart chat --reason "new driver on the nodes"']);
  return runs<Options>(cli, command, restart);
}

async function restart(
  { client, project, out }: Session,
  [name = '']: readonly string[],
  options: Options,
): Promise<void> {
  const { reason, output } = options;
  const answer = await client.call('restart', { params: { name }, query: { project }, body: { reason } });
  present(out, output, { json: answer.json, people: () => out.line(`${name}: ${answer.value.message}`) });
}
