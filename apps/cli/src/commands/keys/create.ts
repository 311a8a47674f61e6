import { PRIORITY_CLASSES, type PriorityClass } from '@signalbox/domain';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseExpiry } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, collect, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { showSecret } from '../shown-once.ts';
import { parseLimit } from './parse-limit.ts';

interface Options extends WithFormat {
  routes?: string;
  expires?: string;
  limit?: readonly string[];
  priority?: PriorityClass;
  weight?: number;
  mayPin?: true;
}

export function createKeyCommand(cli: Cli): Command {
  const command = new Command('create')
    .summary('make a key for callers of the models')
    .description('Make a key for callers of the models. It is printed once and cannot be shown again.')
    .argument('<name>')
    .option('--routes <names>', 'public model names, separated by commas (default: all)')
    .option('--expires <when>', 'a moment or a duration: 2027-01-31, 90d')
    .option('--limit <limit>', 'tokens/minute=100000, requests/day=5000, concurrency=8 …; may be given again', collect)
    .addOption(new Option('--priority <class>', 'who goes first when not all can').choices(PRIORITY_CLASSES))
    .option('--weight <number>', 'part of what its priority class gets, beside other keys (default: 1)', weight)
    .option('--may-pin', 'may choose a revision by header')
    .addOption(formatOption());
  examples(command, [
    'signalbox keys create support-bot --routes chat --expires 90d',
    'signalbox keys create nightly --priority batch --limit tokens/minute=100000 --limit concurrency=8',
  ]);
  return runs<Options>(cli, command, create);
}

async function create(
  { client, project, out, world }: Session,
  [name = '']: readonly string[],
  options: Options,
): Promise<void> {
  const { routes, expires, limit, priority, weight: part, mayPin, output } = options;
  const body = {
    name,
    project,
    ...(routes === undefined ? {} : { routes: routes.split(',').map((route) => route.trim()) }),
    ...(expires === undefined ? {} : { expiresAt: parseExpiry(expires, '--expires', world.now()) }),
    ...(limit === undefined ? {} : { limits: limit.map(parseLimit) }),
    ...(priority === undefined ? {} : { priority }),
    ...(part === undefined ? {} : { weight: part }),
    ...(mayPin === undefined ? {} : { mayPin }),
  };
  const { value, json } = await client.call('createKey', { body });
  const about = `key ${value.name} may call ${value.routes.join(', ')}; it is shown this once:`;
  showSecret(out, output, { json, secret: value.key, about, revoke: `signalbox keys revoke ${name}` });
}

function weight(text: string): number {
  if (!/^\d{1,4}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('write a number, as 2 or 0.5');
  return Number(text);
}
