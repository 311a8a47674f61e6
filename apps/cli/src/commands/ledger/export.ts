import { Command } from 'commander';
import { type Cli, examples, runs } from '../command.ts';
import { namedProject } from './list.ts';

interface Options {
  subject?: string;
  kind?: string;
}

export function exportLedgerCommand(cli: Cli): Command {
  const command = new Command('export')
    .summary('all entries as JSON lines, oldest first')
    .option('--subject <name>', 'only about this object')
    .option('--kind <kind>', 'only of this kind, as rollout.rolledBack');
  examples(command, ['signalbox ledger export > ledger.jsonl']);
  return runs<Options>(cli, command, async ({ client, settings, out }, _args, { subject, kind }) => {
    const query = { project: namedProject(settings), subject, kind };
    for await (const entry of client.exportLedger({ query })) out.line(JSON.stringify(entry));
  });
}
