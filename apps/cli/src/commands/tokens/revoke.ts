import { Command } from 'commander';
import { present } from '../../output/output.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

export function revokeTokenCommand(cli: Cli): Command {
  const command = new Command('revoke')
    .summary('refuse a token from now on')
    .argument('<name>')
    .addOption(formatOption());
  examples(command, ['signalbox tokens revoke ci']);
  return runs<WithFormat>(cli, command, async ({ client, out }, [name = ''], { output }) => {
    const { json } = await client.call('revokeToken', { params: { name } });
    present(out, output, { json, people: () => out.line(`token ${name} is revoked`) });
  });
}
