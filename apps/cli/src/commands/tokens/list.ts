import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { present } from '../../output/output.ts';
import { type Column, tableOf } from '../../output/table.ts';
import { age } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { validity } from '../validity.ts';

const tokenColumns: readonly Column<ApiResponse<'listTokens'>['items'][number]>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'ROLE', cell: ({ role }) => role },
  { title: 'STATE', cell: validity },
  { title: 'AUTHOR', cell: ({ author }) => author },
  { title: 'AGE', cell: ({ createdAt }, now) => age(createdAt, now) },
];

export function listTokensCommand(cli: Cli): Command {
  const command = new Command('list').summary('the tokens of the API').addOption(formatOption());
  examples(command, ['signalbox tokens list']);
  return runs<WithFormat>(cli, command, list);
}

async function list({ client, out, world }: Session, _args: readonly string[], { output }: WithFormat): Promise<void> {
  const { value, json } = await client.listAll('listTokens');
  const table = tableOf(tokenColumns, value.items, { wide: false, now: world.now() });
  present(out, output, { json, people: () => out.table(table) });
}
