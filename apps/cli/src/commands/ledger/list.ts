import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { present } from '../../output/output.ts';
import { type Column, tableOf } from '../../output/table.ts';
import { moment } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, positiveInteger, runs, type WithFormat } from '../command.ts';

const entryColumns: readonly Column<ApiResponse<'listLedger'>['items'][number]>[] = [
  { title: 'SEQ', cell: ({ seq }) => String(seq) },
  { title: 'WHEN (UTC)', cell: ({ at }) => moment(at) },
  { title: 'WHO', cell: ({ actor }) => actor },
  { title: 'WHAT', cell: ({ kind }) => kind },
  { title: 'SUBJECT', cell: ({ subject }) => subject.name },
  { title: 'WHY', cell: ({ reason }) => reason ?? '-' },
];

interface Options extends WithFormat {
  subject?: string;
  kind?: string;
  limit: number;
  installation?: true;
}

export function listLedgerCommand(cli: Cli): Command {
  const command = new Command('list')
    .summary('who decided what, when and why; newest first')
    .description('Who decided what, when and why; newest first.')
    .option('--subject <name>', 'only about this object')
    .option('--kind <kind>', 'only of this kind, as rollout.rolledBack')
    .option('--installation', 'what belongs to no project, in place of the project’s entries')
    .option('--limit <count>', 'how many (at most 500)', positiveInteger, 50)
    .addOption(formatOption());
  examples(command, [
    'signalbox ledger list --subject chat',
    'signalbox ledger list --kind rollout.rolledBack -o json',
  ]);
  return runs<Options>(cli, command, list);
}

async function list({ client, project, out }: Session, _args: readonly string[], options: Options): Promise<void> {
  const { subject, kind, limit, installation, output } = options;
  const { value, json } = await client.call('listLedger', {
    query: { ...chainOf(project, installation), subject, kind, limit },
  });
  present(out, output, {
    json,
    people: () => {
      if (value.items.length === 0) return out.note('no such entries');
      out.table(tableOf(entryColumns, value.items, { wide: true, now: 0 }));
      if (value.nextCursor !== null) out.note(`there are more: repeat with a --limit above ${limit}, or export`);
    },
  });
}

export function chainOf(
  project: string,
  installation: true | undefined,
): { project: string } | { installation: 'true' } {
  return installation === true ? { installation: 'true' } : { project };
}
