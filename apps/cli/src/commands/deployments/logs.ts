import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../exit-code.ts';
import { present } from '../../output/output.ts';
import { printable } from '../../output/printable.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, positiveInteger, runs, type WithFormat } from '../command.ts';

interface Options extends WithFormat {
  replica?: string;
  tail: number;
}

export function logsCommand(cli: Cli): Command {
  const command = new Command('logs')
    .summary('the last lines that the engines printed')
    .argument('<deployment>')
    .option('--replica <name>', 'only this replica')
    .option('--tail <lines>', 'how many lines of each replica', positiveInteger, 100)
    .addOption(formatOption(['table', 'json']));
  examples(command, ['signalbox logs chat --tail 20', 'signalbox logs chat --replica chat-2-7d9f']);
  return runs<Options>(cli, command, logs);
}

async function logs(session: Session, [name = '']: readonly string[], options: Options): Promise<ExitCode> {
  const { client, project, out, world } = session;
  const { replica, tail, output } = options;
  const query = { project, lines: tail, ...(replica === undefined ? {} : { replica }) };
  const { value, json } = await client.call('readLogs', { params: { name }, query });
  // A file gets the bytes as they are; a terminal gets no escape sequences from an engine.
  const clean = world.terminal.stdout ? printable : (text: string) => text;
  present(out, output, {
    json,
    people: () => {
      if (value.replicas.length === 0) out.note(`${name} has no replicas`);
      for (const { name: from, lines, error } of value.replicas) {
        const prefix = value.replicas.length === 1 ? '' : `${out.colours.cyan(from)} | `;
        for (const line of lines) out.line(`${prefix}${clean(line)}`);
        if (error !== null) out.note(`error: ${from}: ${error}`);
      }
    },
  });
  return value.replicas.some(({ error }) => error !== null) ? EXIT.refused : EXIT.done;
}
