import { Command } from 'commander';
import { present } from '../../output/output.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

export function revokeKeyCommand(cli: Cli): Command {
  const command = new Command('revoke')
    .summary('refuse a key from now on')
    .description('Refuse a key: gateways do as soon as they have the next snapshot.')
    .argument('<name>')
    .addOption(formatOption());
  examples(command, ['signalbox keys revoke support-bot']);
  return runs<WithFormat>(cli, command, async ({ client, project, out }, [name = ''], { output }) => {
    const { json } = await client.call('revokeKey', { params: { name }, query: { project } });
    present(out, output, { json, people: () => out.line(`key ${name} is revoked`) });
  });
}
