import { Unreachable } from '@signalbox/client';
import { Command } from 'commander';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

interface Options extends WithFormat {
  client?: true;
}

export function versionCommand(cli: Cli): Command {
  const command = new Command('version')
    .summary('versions of this program, the control plane and the engines it knows')
    .option('--client', 'only of this program')
    .addOption(formatOption());
  examples(command, ['signalbox version', 'signalbox version --client']);
  return runs<Options>(cli, command, version);
}

async function version({ client, out, world }: Session, _args: readonly string[], options: Options): Promise<void> {
  const own = (): void => out.line(`signalbox ${world.version}`);
  if (options.client === true) return present(out, options.output, { json: { client: world.version }, people: own });
  const { value, json } = await client.call('getVersion').catch((error) => {
    // The version of the program is an answer too, above all when the rest is down.
    if (error instanceof Unreachable && options.output === 'table') own();
    throw error;
  });
  present(out, options.output, {
    json,
    people: () => {
      own();
      out.line(`control plane ${value.version}`);
      for (const { name, versions, simulated } of value.engines) {
        out.line(`engine ${name}${simulated ? ' (simulated)' : ''}: ${versions.join(', ')}`);
      }
    },
  });
}
