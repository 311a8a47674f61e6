import { type ApiResponse, USAGE_GROUPS, type UsageGroup } from '@signalbox/contracts';
import { Command, InvalidArgumentError } from 'commander';
import { present } from '../../output/output.ts';
import { type Column, tableOf } from '../../output/table.ts';
import { moment, parseSince } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

type Item = ApiResponse<'getUsage'>['items'][number];

interface Options extends WithFormat {
  by?: readonly UsageGroup[];
  from?: string;
  to?: string;
  allProjects?: true;
}

export function usageCommand(cli: Cli): Command {
  const command = new Command('usage')
    .summary('requests and tokens by key, route, version, hour')
    .description('Requests and tokens, summed up by whole hours: the last 24, unless you say otherwise.')
    .option('--by <groups>', `${USAGE_GROUPS.join(', ')}: one or several with commas, or total (default route)`, groups)
    .option('--from <when>', 'a day, a moment, or how long ago (7d)')
    .option('--to <when>', 'likewise; default: now')
    .option('--all-projects', 'of all projects, in place of one')
    .addOption(formatOption(['table', 'wide', 'json', 'yaml']));
  examples(command, [
    'signalbox usage',
    'signalbox usage --by key,version --from 7d',
    'signalbox usage --by project,hour --all-projects --from 2026-11-01 --to 2026-11-02 -o json',
  ]);
  return runs<Options>(cli, command, usage);
}

function groups(list: string): readonly UsageGroup[] {
  if (list === 'total') return [];
  return list.split(',').map((name) => {
    const group = USAGE_GROUPS.find((known) => known === name.trim());
    if (group === undefined) throw new InvalidArgumentError(`allowed: ${USAGE_GROUPS.join(', ')}, total`);
    return group;
  });
}

async function usage({ client, project, out, world }: Session, _args: readonly string[], options: Options) {
  const { by = ['route'], output, allProjects } = options;
  const now = world.now();
  const query = {
    ...(allProjects === true ? { allProjects: 'true' as const } : { project }),
    from: options.from === undefined ? undefined : parseSince(options.from, '--from', now),
    to: options.to === undefined ? undefined : parseSince(options.to, '--to', now),
    groupBy: by.join(','),
  };
  const { value, json } = await client.listAll('getUsage', { query });
  present(out, output, {
    json,
    people: (wide) => {
      out.note(`from ${moment(value.from)} to ${moment(value.to)} UTC`);
      if (value.items.length === 0) return out.note('no requests');
      const columns = [...by.map((group) => groupColumns[group]), ...sumColumns];
      out.table(tableOf(columns, value.items, { wide, now }));
    },
  });
}

const groupColumns: Record<UsageGroup, Column<Item>> = {
  key: { title: 'KEY', cell: ({ key }) => (key === null ? '(none)' : (key.name ?? key.id)) },
  project: { title: 'PROJECT', cell: ({ project }) => project ?? '-' },
  route: { title: 'ROUTE', cell: ({ route }) => route ?? '-' },
  version: {
    title: 'VERSION',
    cell: ({ version }) => (version === null ? '(none)' : `${version.model} ${version.version}`),
  },
  hour: { title: 'HOUR (UTC)', cell: ({ hour }) => (hour === null ? '-' : moment(hour).slice(0, 16)) },
};

const sumColumns: readonly Column<Item>[] = [
  { title: 'REQUESTS', cell: ({ requests }) => String(requests) },
  { title: 'FAILED', cell: ({ failed }) => String(failed) },
  { title: 'CANCELLED', wide: true, cell: ({ cancelled }) => String(cancelled) },
  { title: 'REFUSED', wide: true, cell: ({ refused }) => String(refused) },
  { title: 'INPUT', cell: ({ tokens }) => String(tokens.input) },
  { title: 'CACHED', cell: ({ tokens }) => String(tokens.cached) },
  { title: 'OUTPUT', cell: ({ tokens }) => String(tokens.output) },
  { title: 'REASONING', wide: true, cell: ({ tokens }) => String(tokens.reasoning) },
  { title: 'ESTIMATED', cell: ({ estimated }) => String(estimated) },
];
