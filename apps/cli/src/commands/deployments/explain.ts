import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { type Colours, paintState } from '../../output/colours.ts';
import { present } from '../../output/output.ts';
import { oneLine } from '../../output/printable.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { explainRequestCommand } from '../usage/explain-request.ts';

export function explainCommand(cli: Cli): Command {
  const command = new Command('explain')
    .summary('why is it not serving? what became of a request?')
    .description('Why is it not serving? From the scheduler’s words to the engine’s last log line, on one screen.')
    .argument('<deployment>')
    .addOption(formatOption());
  command.addCommand(explainRequestCommand(cli));
  examples(command, ['signalbox explain chat', 'signalbox explain request 5f0c2f5e-1d0b-4c4e-9a55-0d5a5a3a8a11']);
  return runs<WithFormat>(cli, command, explain);
}

async function explain(
  { client, project, out }: Session,
  [name = '']: readonly string[],
  { output }: WithFormat,
): Promise<void> {
  const { value, json } = await client.call('explain', { params: { name }, query: { project } });
  present(out, output, {
    json,
    people: () => {
      for (const line of explanationLines(value, out.colours)) out.line(line);
    },
  });
}

/** The answer first, then the chain: what is fine in a line, what is not with everything that is known of it. */
function explanationLines(explanation: ApiResponse<'explain'>, colours: Colours): readonly string[] {
  const width = Math.max(...explanation.links.map(({ name }) => name.length), 0);
  return [
    `${colours.bold(explanation.deployment)}: ${oneLine(explanation.summary)}`,
    '',
    ...explanation.links.flatMap(({ name, state, title, lines, advice }) => [
      `${name.padEnd(width)}  ${paintState(state, colours)}${' '.repeat('waiting'.length - state.length)}  ${oneLine(title)}`,
      ...lines.map((line) => `${' '.repeat(width + 11)}${oneLine(line)}`),
      ...(advice === null ? [] : [`${' '.repeat(width + 11)}→ ${oneLine(advice)}`]),
    ]),
  ];
}
