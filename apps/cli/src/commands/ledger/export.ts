import { Command } from 'commander';
import { type Cli, examples, runs } from '../command.ts';
import { chainOf } from './list.ts';

interface Options {
  subject?: string;
  kind?: string;
  installation?: true;
}

export function exportLedgerCommand(cli: Cli): Command {
  const command = new Command('export')
    .summary('all entries as JSON lines, oldest first')
    .option('--installation', 'what belongs to no project, in place of the project’s entries')
    .option('--subject <name>', 'only about this object')
    .option('--kind <kind>', 'only of this kind, as rollout.rolledBack');
  examples(command, ['signalbox ledger export > ledger.jsonl']);
  return runs<Options>(cli, command, async ({ client, project, out }, _args, { subject, kind, installation }) => {
    const query = { ...chainOf(project, installation), subject, kind };
    for await (const entry of client.exportLedger({ query })) out.line(JSON.stringify(entry));
  });
}
