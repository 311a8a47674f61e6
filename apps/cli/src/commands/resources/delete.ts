import { Command } from 'commander';
import { UsageError } from '../../exit-code.ts';
import { kindAndName } from '../../kinds/kinds.ts';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

interface Options extends WithFormat {
  yes?: true;
}

export function deleteCommand(cli: Cli): Command {
  const command = new Command('delete')
    .summary('delete one object')
    .description('Delete one object. What is in use, or carries traffic, is refused.')
    .argument('<kind>', 'deployment, model, model-version, route, pool, cluster, project')
    .argument('[name]')
    .option('--yes', 'also when it carries traffic')
    .addOption(formatOption());
  examples(command, ['signalbox delete route old-chat', 'signalbox delete deployment/chat --yes']);
  return runs<Options>(cli, command, remove);
}

async function remove(
  { client, out, project }: Session,
  [kind = '', given]: readonly string[],
  options: Options,
): Promise<void> {
  const { entry, name } = kindAndName(kind, given);
  if (name === undefined) throw new UsageError(`name the ${entry.word} to delete: signalbox delete ${entry.word} NAME`);
  const answer = await entry.remove(client, name, { project, yes: options.yes === true });
  present(out, options.output, {
    json: answer.json,
    people: () => {
      const draining = answer.value.state === 'deleting' ? ' (its replicas drain first)' : '';
      out.line(`${entry.word}/${name} ${answer.value.state}${draining}`);
    },
  });
}
