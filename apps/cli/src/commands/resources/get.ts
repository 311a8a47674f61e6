import { Command } from 'commander';
import { UsageError } from '../../exit-code.ts';
import { resourceTable } from '../../kinds/columns.ts';
import { type KindEntry, kindAndName, resourceName } from '../../kinds/kinds.ts';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { allFormatsOption, type Cli, examples, runs } from '../command.ts';
import type { GetOptions } from './get-options.ts';
import { watchResources } from './watch.ts';

export function getCommand(cli: Cli): Command {
  const command = new Command('get')
    .summary('list objects, or show one')
    .description('List the objects of a kind, or show one of them.')
    .argument('<kind>', 'deployments, models, model-versions, routes, pools, clusters, projects')
    .argument('[name]')
    .addOption(allFormatsOption())
    .option('-l, --selector <labels>', 'only objects with these labels (team=support,tier!=free)')
    .option('-w, --watch', 'go on showing changes until Ctrl-C');
  examples(command, [
    'signalbox get deployments',
    'signalbox get deployment chat -o yaml',
    'signalbox get mv -l team=support -o wide',
    'signalbox get deployments -w',
  ]);
  return runs<GetOptions>(cli, command, get);
}

async function get(session: Session, [kind = '', given]: readonly string[], options: GetOptions): Promise<void> {
  const { entry, name } = kindAndName(kind, given);
  if (name !== undefined && options.selector !== undefined) {
    throw new UsageError('give a name or a selector, not both');
  }
  if (options.watch === true) return watchResources(session, entry, name, options);
  if (name !== undefined) return getOne(session, entry, name, options);
  return getAll(session, entry, options);
}

async function getOne(session: Session, entry: KindEntry, name: string, { output }: GetOptions): Promise<void> {
  const { value, json } = await entry.get(session.client, name, session.project);
  present(session.out, output, {
    json,
    names: [resourceName(value)],
    people: (wide) => session.out.table(resourceTable(entry.kind, [value], { wide, now: session.world.now() })),
  });
}

async function getAll(session: Session, entry: KindEntry, { output, selector }: GetOptions): Promise<void> {
  const { client, project, out, world } = session;
  const { value, json } = await entry.list(client, { project, labelSelector: selector });
  present(out, output, {
    json,
    names: value.items.map(resourceName),
    people: (wide) => {
      if (value.items.length > 0) out.table(resourceTable(entry.kind, value.items, { wide, now: world.now() }));
      else out.note(nothingFound(entry, project, selector));
    },
  });
}

function nothingFound({ names, inProject }: KindEntry, project: string, selector: string | undefined): string {
  const where = inProject ? ` in project ${project}` : '';
  const which = selector === undefined ? '' : ` with labels ${selector}`;
  return `no ${names[1]}${which}${where}`;
}
