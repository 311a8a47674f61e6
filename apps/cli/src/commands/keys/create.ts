import { Command } from 'commander';
import { parseExpiry } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { showSecret } from '../shown-once.ts';

interface Options extends WithFormat {
  routes?: string;
  expires?: string;
}

export function createKeyCommand(cli: Cli): Command {
  const command = new Command('create')
    .summary('make a key for callers of the models')
    .description('Make a key for callers of the models. It is printed once and cannot be shown again.')
    .argument('<name>')
    .option('--routes <names>', 'public model names, separated by commas (default: all)')
    .option('--expires <when>', 'a moment or a duration: 2027-01-31, 90d')
    .addOption(formatOption());
  examples(command, ['signalbox keys create support-bot --routes chat --expires 90d']);
  return runs<Options>(cli, command, create);
}

async function create(
  { client, project, out, world }: Session,
  [name = '']: readonly string[],
  options: Options,
): Promise<void> {
  const { routes, expires, output } = options;
  const body = {
    name,
    project,
    ...(routes === undefined ? {} : { routes: routes.split(',').map((route) => route.trim()) }),
    ...(expires === undefined ? {} : { expiresAt: parseExpiry(expires, '--expires', world.now()) }),
  };
  const { value, json } = await client.call('createKey', { body });
  const about = `key ${value.name} may call ${value.routes.join(', ')}; it is shown this once:`;
  showSecret(out, output, { json, secret: value.key, about, revoke: `signalbox keys revoke ${name}` });
}
