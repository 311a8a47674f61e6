import type { ChangeEvent } from '@signalbox/client';
import { Command } from 'commander';
import type { ExitCode } from '../../exit-code.ts';
import { EXIT } from '../../exit-code.ts';
import { oneLine } from '../../output/printable.ts';
import { moment } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { interrupted } from '../resources/interrupted.ts';

interface Options extends WithFormat {
  watch?: true;
}

export function eventsCommand(cli: Cli): Command {
  const command = new Command('events')
    .summary('what changed lately')
    .description('What changed lately, oldest first: as far back as the control plane remembers.')
    .argument('[name]', 'only about the object of this name')
    .option('-w, --watch', 'show changes as they happen, from now on, until Ctrl-C')
    .addOption(formatOption(['table', 'json']));
  examples(command, ['signalbox events chat', 'signalbox events -w']);
  return runs<Options>(cli, command, events);
}

async function events(session: Session, [name]: readonly string[], options: Options): Promise<ExitCode> {
  const show = (change: ChangeEvent): void => {
    if (name !== undefined && change.name !== name) return;
    session.out.line(options.output === 'json' ? JSON.stringify(change) : changeLine(change));
  };
  if (options.watch !== true) return remembered(session, show);
  for await (const item of session.client.events({ project: session.project })) {
    if (item.kind === 'change') show(item.change);
    else if (item.kind === 'reset') session.out.note('some changes were missed');
    else if (item.kind === 'lost') session.out.note(`the connection was lost (${item.reason}); connecting again`);
  }
  throw interrupted();
}

/** The stream tells the past at once and then falls silent: the first pause is its end. */
const PAUSE_MS = 700;

async function remembered({ client, project, world }: Session, show: (change: ChangeEvent) => void): Promise<ExitCode> {
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  let pause: NodeJS.Timeout | undefined;
  try {
    for await (const item of client.events({ project, after: 0, signal: enough.signal })) {
      if (item.kind === 'change') show(item.change);
      clearTimeout(pause);
      pause = setTimeout(stop, PAUSE_MS);
    }
  } finally {
    clearTimeout(pause);
  }
  world.interrupt.throwIfAborted();
  return EXIT.done;
}

export function changeLine({ at, kind, name, change, message }: ChangeEvent): string {
  const about = message === null ? '' : `: ${oneLine(message)}`;
  return `${moment(at)}  ${kind}/${name} ${change}${about}`;
}
