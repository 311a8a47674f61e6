import { Command } from 'commander';
import { modelVersionColumns } from '../../kinds/columns.ts';
import { resourceName } from '../../kinds/kinds.ts';
import { present } from '../../output/output.ts';
import { tableOf } from '../../output/table.ts';
import type { Session } from '../../session.ts';
import { allFormatsOption, type Cli, examples, runs, type WithFormat } from '../command.ts';

export function versionsCommand(cli: Cli): Command {
  const command = new Command('versions')
    .summary('the versions of a model, newest first')
    .argument('<model>')
    .addOption(allFormatsOption());
  examples(command, ['signalbox versions llama-3.1-8b-instruct', 'signalbox versions llama-3.1-8b-instruct -o wide']);
  return runs<WithFormat>(cli, command, versions);
}

async function versions(session: Session, [name = '']: readonly string[], { output }: WithFormat): Promise<void> {
  const { client, project, out, world } = session;
  const { value, json } = await client.listAll('listVersionsOfModel', { params: { name }, query: { project } });
  present(out, output, {
    json,
    names: value.items.map(resourceName),
    people: (wide) => {
      if (value.items.length === 0) out.note(`${name} has no versions`);
      else out.table(tableOf(modelVersionColumns, value.items, { wide, now: world.now() }));
    },
  });
}
