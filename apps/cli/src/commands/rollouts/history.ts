import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { present } from '../../output/output.ts';
import { type Column, tableOf } from '../../output/table.ts';
import { age } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { revisionColumns } from './revision-columns.ts';

type Rollout = ApiResponse<'listRollouts'>['items'][number];

const rolloutColumns: readonly Column<Rollout>[] = [
  { title: 'FROM', cell: ({ from }) => (from === null ? '-' : `${from.version} (${from.revision})`) },
  { title: 'TO', cell: ({ to }) => `${to.version} (${to.revision})` },
  { title: 'PHASE', cell: ({ phase }) => phase },
  { title: 'CAUSE', cell: ({ cause }) => cause },
  { title: 'AUTHOR', cell: ({ author }) => author },
  { title: 'AGE', cell: ({ createdAt }, now) => age(createdAt, now) },
  { title: 'BECAUSE', cell: ({ because }) => because ?? '-' },
];

interface Options extends WithFormat {
  revisions?: true;
}

export function historyCommand(cli: Cli): Command {
  const command = new Command('history')
    .summary('the rollouts and revisions of a deployment')
    .description('The rollouts of a deployment, newest first, and its revisions.')
    .argument('<deployment>')
    .option('--revisions', 'only the revisions')
    .addOption(formatOption());
  examples(command, ['signalbox rollout history chat', 'signalbox rollout history chat --revisions -o json']);
  return runs<Options>(cli, command, history);
}

async function history(
  session: Session,
  [name = '']: readonly string[],
  { output, revisions }: Options,
): Promise<void> {
  const { client, project, out, world } = session;
  const request = { params: { name }, query: { project } };
  const options = { wide: false, now: world.now() };
  const all = await client.listAll('listRevisions', request);
  const showRevisions = (): void => out.table(tableOf(revisionColumns, all.value.items, options));
  if (revisions === true) return present(out, output, { json: all.json, people: showRevisions });
  const rollouts = await client.listAll('listRollouts', request);
  present(out, output, {
    json: rollouts.json,
    people: () => {
      if (rollouts.value.items.length === 0) out.note(`${name} has had no rollout`);
      else out.table(tableOf(rolloutColumns, rollouts.value.items, options));
      out.line();
      showRevisions();
    },
  });
}
