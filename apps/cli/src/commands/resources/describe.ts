import { Command } from 'commander';
import { stringify } from 'yaml';
import { UsageError } from '../../exit-code.ts';
import { kindAndName, type Resource, type ResourceOf } from '../../kinds/kinds.ts';
import { present } from '../../output/output.ts';
import { printable } from '../../output/printable.ts';
import { moment } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { deploymentLines } from './describe-deployment.ts';

export function describeCommand(cli: Cli): Command {
  const command = new Command('describe')
    .summary('all about one object')
    .description('Show all about one object: its state, who changed it last, and its spec.')
    .argument('<kind>', 'deployment, model, model-version, route, pool, cluster, project')
    .argument('[name]')
    .addOption(formatOption());
  examples(command, ['signalbox describe deployment chat', 'signalbox describe cluster/local']);
  return runs<WithFormat>(cli, command, describe);
}

async function describe(session: Session, [kind = '', given]: readonly string[], options: WithFormat): Promise<void> {
  const { client, project, out } = session;
  const { entry, name } = kindAndName(kind, given);
  if (name === undefined) throw new UsageError(`name the ${entry.word}: signalbox describe ${entry.word} NAME`);
  const { value, json } = await entry.get(client, name, project);
  const more = value.kind === 'Deployment' ? await aboutDeployment(session, value) : [];
  present(out, options.output, {
    json,
    people: () => {
      for (const line of [...headLines(value), ...more, ...bodyLines(value)]) out.line(line);
    },
  });
}

async function aboutDeployment(session: Session, deployment: ResourceOf<'Deployment'>): Promise<readonly string[]> {
  const { name } = deployment.metadata;
  const request = { params: { name }, query: { project: session.project } };
  const [replicas, revisions] = await Promise.all([
    session.client.listReplicas(request),
    session.client.listRevisions({ params: { name }, query: { project: session.project, limit: 5 } }),
  ]);
  return deploymentLines(deployment, replicas.items, revisions.items, {
    colours: session.out.colours,
    now: session.world.now(),
  });
}

function headLines({ kind, metadata }: Resource): readonly string[] {
  const labels = Object.entries(metadata.labels).map(([key, value]) => `${key}=${value}`);
  const facts: readonly (readonly [string, string])[] = [
    ['Name', metadata.name],
    ['Kind', kind],
    ...(metadata.project === null ? [] : [['Project', metadata.project] as const]),
    ...(labels.length === 0 ? [] : [['Labels', labels.join(', ')] as const]),
    ['Changed', `${moment(metadata.updatedAt)} by ${metadata.author} (change ${metadata.version})`],
    ['Created', moment(metadata.createdAt)],
  ];
  return facts.map(([title, text]) => `${`${title}:`.padEnd(10)} ${printable(text)}`);
}

function bodyLines(resource: Resource): readonly string[] {
  const status = resource.kind === 'Deployment' ? [] : section('Status', resource.status);
  return [...status, ...section('Spec', resource.spec)];
}

function section(title: string, content: unknown): readonly string[] {
  if (typeof content === 'object' && content !== null && Object.keys(content).length === 0) return [];
  const text = printable(stringify(content, { lineWidth: 0 })).trimEnd();
  return ['', `${title}:`, ...text.split('\n').map((line) => `  ${line}`)];
}
