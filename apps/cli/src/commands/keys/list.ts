import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { limitsText } from '../../output/limits-text.ts';
import { present } from '../../output/output.ts';
import { type Column, tableOf } from '../../output/table.ts';
import { age } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { validity } from '../validity.ts';

type Key = ApiResponse<'listKeys'>['items'][number];

const keyColumns: readonly Column<Key>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'KEY', cell: ({ prefix }) => `${prefix}…` },
  { title: 'ROUTES', cell: ({ routes }) => routes.join(', ') },
  { title: 'LIMITS', cell: ({ limits }) => limitsText(limits) },
  { title: 'PRIORITY', cell: priorityText },
  { title: 'STATE', cell: validity },
  { title: 'AUTHOR', cell: ({ author }) => author },
  { title: 'AGE', cell: ({ createdAt }, now) => age(createdAt, now) },
];

export function listKeysCommand(cli: Cli): Command {
  const command = new Command('list').summary('the keys of the project').addOption(formatOption());
  examples(command, ['signalbox keys list', 'signalbox keys list -p search -o json']);
  return runs<WithFormat>(cli, command, list);
}

async function list(
  { client, project, out, world }: Session,
  _args: readonly string[],
  { output }: WithFormat,
): Promise<void> {
  const { value, json } = await client.listAll('listKeys', { query: { project } });
  present(out, output, {
    json,
    people: () => {
      if (value.items.length === 0) out.note(`no keys in project ${project}`);
      else out.table(tableOf(keyColumns, value.items, { wide: false, now: world.now() }));
    },
  });
}

function priorityText({ priority, weight }: Key): string {
  return weight === 1 ? priority : `${priority} ×${weight}`;
}
