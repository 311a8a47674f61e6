import { API_ROLES, type ApiRole } from '@signalbox/contracts';
import { Command, Option } from 'commander';
import { parseExpiry } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { showSecret } from '../shown-once.ts';

interface Options extends WithFormat {
  role: ApiRole;
  expires?: string;
}

export function createTokenCommand(cli: Cli): Command {
  const command = new Command('create')
    .summary('make a token for a person, a pipeline or a gateway')
    .description('Make a token of the API. It is printed once and cannot be shown again.')
    .argument('<name>')
    .addOption(new Option('--role <role>', 'what it may do').choices(API_ROLES).makeOptionMandatory())
    .option('--expires <when>', 'a moment or a duration: 2027-01-31, 90d')
    .addOption(formatOption());
  examples(command, ['signalbox tokens create ci --role operator --expires 90d']);
  return runs<Options>(cli, command, create);
}

async function create(
  { client, out, world }: Session,
  [name = '']: readonly string[],
  options: Options,
): Promise<void> {
  const { role, expires, output } = options;
  const expiresAt = expires === undefined ? null : parseExpiry(expires, '--expires', world.now());
  const { value, json } = await client.call('createToken', { body: { name, role, expiresAt } });
  const about = `token ${value.name} has the role ${value.role}; it is shown this once:`;
  showSecret(out, output, { json, secret: value.token, about, revoke: `signalbox tokens revoke ${name}` });
}
