import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { Refusal } from '../../exit-code.ts';
import { limitsText } from '../../output/limits-text.ts';
import { present } from '../../output/output.ts';
import { oneLine } from '../../output/printable.ts';
import { moment } from '../../output/times.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { validity } from '../validity.ts';

type Key = ApiResponse<'listKeys'>['items'][number];

export function describeKeyCommand(cli: Cli): Command {
  const command = new Command('describe').summary('all about one key').argument('<name>').addOption(formatOption());
  examples(command, ['signalbox keys describe support-bot']);
  return runs<WithFormat>(cli, command, async ({ client, project, out, world }, [name = ''], { output }) => {
    const { value } = await client.listAll('listKeys', { query: { project } });
    // A name may be used again once its key was revoked: the newest one is meant.
    const key = value.items.findLast((item) => item.name === name);
    if (key === undefined) throw new Refusal(`there is no key ${name} in project ${project}; see: signalbox keys list`);
    present(out, output, {
      json: key,
      people: () => {
        for (const [title, text] of factsOf(key, world.now())) out.line(`${`${title}:`.padEnd(10)} ${oneLine(text)}`);
      },
    });
  });
}

function factsOf(key: Key, now: number): readonly (readonly [string, string])[] {
  return [
    ['Name', key.name],
    ['Project', key.project],
    ['Key', `${key.prefix}…`],
    ['State', validity(key, now)],
    ['Routes', key.routes.join(', ')],
    ['Limits', limitsText(key.limits) || 'none of its own'],
    ['Priority', `${key.priority}, weight ${key.weight}`],
    ['May pin', key.mayPin ? 'yes' : 'no'],
    ['Created', `${moment(key.createdAt)} by ${key.author}`],
  ];
}
