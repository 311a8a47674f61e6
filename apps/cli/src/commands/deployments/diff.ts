import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { Refusal, UsageError } from '../../exit-code.ts';
import { fieldLine } from '../../manifests/changes-text.ts';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

interface Options extends WithFormat {
  revisions?: string;
}

export function diffCommand(cli: Cli): Command {
  const command = new Command('diff')
    .summary('what differs between two revisions')
    .description('What differs between two revisions of a deployment: its spec, and what it was rendered to.')
    .argument('<deployment>')
    .option('--revisions <from,to>', 'the two revisions (default: the last two)')
    .addOption(formatOption());
  examples(command, ['signalbox diff chat', 'signalbox diff chat --revisions 3,4']);
  return runs<Options>(cli, command, diff);
}

async function diff(session: Session, [name = '']: readonly string[], options: Options): Promise<void> {
  const { client, project, out } = session;
  const { from, to } = options.revisions === undefined ? await lastTwo(session, name) : pairOf(options.revisions);
  const { value, json } = await client.call('diffRevisions', { params: { name }, query: { project, from, to } });
  present(out, options.output, {
    json,
    people: () => {
      for (const line of diffLines(name, value)) out.line(line);
    },
  });
}

function pairOf(text: string): { from: number; to: number } {
  const [, from, to] = /^(\d+),(\d+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new UsageError(`--revisions ${text}: write two numbers, as 3,4`);
  return { from: Number(from), to: Number(to) };
}

async function lastTwo({ client, project }: Session, name: string): Promise<{ from: number; to: number }> {
  const { items } = await client.listRevisions({ params: { name }, query: { project, limit: 2 } });
  const [to, from] = items;
  if (to === undefined || from === undefined) throw new Refusal(`${name} has fewer than two revisions`);
  return { from: from.number, to: to.number };
}

function diffLines(
  name: string,
  { from, to, spec, workload, sameReplicas }: ApiResponse<'diffRevisions'>,
): readonly string[] {
  const part = (title: string, fields: typeof spec): readonly string[] =>
    fields.length === 0 ? [`${title}: no difference`] : [`${title}:`, ...fields.map(fieldLine)];
  return [
    `${name}: revision ${from} → ${to}`,
    ...part('spec', spec),
    ...part('rendered workload', workload),
    ...(sameReplicas ? ['the same replicas serve both'] : []),
  ];
}
