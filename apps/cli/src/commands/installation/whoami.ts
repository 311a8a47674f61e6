import { Command } from 'commander';
import { present } from '../../output/output.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

export function whoamiCommand(cli: Cli): Command {
  const command = new Command('whoami').summary('whose token this is and what it may do').addOption(formatOption());
  examples(command, ['signalbox whoami']);
  return runs<WithFormat>(cli, command, async ({ client, settings, out }, _args, { output }) => {
    const { value, json } = await client.call('whoami');
    const people = (): void => out.line(`${value.name}, role ${value.role}, at ${settings.url.value}`);
    present(out, output, { json, people });
  });
}
