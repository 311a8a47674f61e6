import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { present } from '../../output/output.ts';
import { type Column, tableOf } from '../../output/table.ts';
import { age } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { replicaColumns } from '../deployments/replica-columns.ts';

type Gateway = ApiResponse<'listGateways'>['items'][number];
type Replica = ApiResponse<'listReplicas'>['items'][number];

const gatewayColumns: readonly Column<Gateway>[] = [
  { title: 'GATEWAY', cell: ({ id }) => id },
  { title: 'STATE', cell: gatewayState },
  {
    title: 'SNAPSHOT',
    cell: ({ applied, upToDate }) => `${applied.epoch}.${applied.number}${upToDate ? '' : ' (behind)'}`,
  },
  { title: 'IN FLIGHT', cell: ({ inFlight }) => String(inFlight) },
  { title: 'LAST HEARD', cell: ({ lastSeenAt }, now) => `${age(lastSeenAt, now)} ago` },
];

function gatewayState({ live, accepting }: Gateway): string {
  if (!live) return 'silent';
  return accepting ? 'live' : 'draining';
}

export function topCommand(cli: Cli): Command {
  const command = new Command('top')
    .summary('gateways and replicas with what they have in flight')
    .addOption(formatOption());
  examples(command, ['signalbox top', 'watch -n 2 signalbox top']);
  return runs<WithFormat>(cli, command, top);
}

async function top(session: Session, _args: readonly string[], { output }: WithFormat): Promise<void> {
  const { client, project, out, world } = session;
  const [gateways, deployments] = await Promise.all([
    client.call('listGateways'),
    client.listAll('listDeployments', { query: { project } }),
  ]);
  const names = deployments.value.items.map(({ metadata }) => metadata.name);
  const lists = await Promise.all(
    names.map((name) => client.call('listReplicas', { params: { name }, query: { project } })),
  );
  const replicas = lists.flatMap(({ value }, index) =>
    value.items.map((replica) => ({ ...replica, deployment: names[index] ?? '' })),
  );
  const json = {
    gateways: gateways.json,
    replicas: Object.fromEntries(names.map((name, i) => [name, lists[i]?.json])),
  };
  const options = { wide: false, now: world.now() };
  present(out, output, {
    json,
    people: () => {
      if (gateways.value.items.length === 0) out.note('no gateway has been heard from');
      else out.table(tableOf(gatewayColumns, gateways.value.items, options));
      out.line();
      if (replicas.length === 0) out.note(`no replicas in project ${project}`);
      else out.table(tableOf(withDeployment, replicas, options));
    },
  });
}

const withDeployment: readonly Column<Replica & { deployment: string }>[] = [
  { title: 'DEPLOYMENT', cell: ({ deployment }) => deployment },
  ...replicaColumns,
];
