import { Command } from 'commander';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { configFilePath } from '../../settings/read-settings.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

export function configCommand(cli: Cli): Command {
  const view = new Command('view')
    .summary('the settings in effect and where each comes from')
    .description('The settings in effect and where each comes from; secrets are not shown.')
    .addOption(formatOption());
  examples(view, ['signalbox config view', 'signalbox config view --context production']);
  runs<WithFormat>(cli, view, showSettings);
  return new Command('config').summary('settings of this program').addCommand(view);
}

async function showSettings(
  { settings, out, world }: Session,
  _args: readonly string[],
  { output }: WithFormat,
): Promise<void> {
  const { url, token, gatewayUrl, key, project, withheld } = settings;
  const rows = Object.entries({ url, token, gatewayUrl, key, project });
  const json = Object.fromEntries(rows.map(([name, setting]) => [name, setting ?? null]));
  present(out, output, {
    json: { configFile: configFilePath(world), ...json },
    people: () => {
      const cells = rows.map(([name, setting]) => [name, String(setting?.value ?? 'not set'), setting?.origin ?? '-']);
      out.table({ titles: ['SETTING', 'VALUE', 'FROM'], rows: cells });
      out.note(`the settings file would be ${configFilePath(world)}`);
      for (const line of withheld) out.note(line);
    },
  });
}
