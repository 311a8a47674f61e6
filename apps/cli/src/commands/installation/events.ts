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
    .description('What changed lately, oldest first: at most the last 200 changes.')
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
  if (options.watch !== true) return recent(session, show);
  for await (const item of session.client.events({ project: session.project })) {
    if (item.kind === 'change') show(item.change);
    else if (item.kind === 'reset') session.out.note('some changes were missed');
    else if (item.kind === 'lost') session.out.note(`the connection was lost (${item.reason}); connecting again`);
  }
  throw interrupted();
}

/** How far back to look; the first place that the control plane still remembers is taken. */
const FARTHEST_BACK = 200;
const STEPS_BACK = [FARTHEST_BACK, 100, 50, 20, 10, 5, 2];
/** Changes of other projects have numbers too, so that the last one may never come: a pause is the end as well. */
const PAUSE_MS = 500;

async function recent(session: Session, show: (change: ChangeEvent) => void): Promise<ExitCode> {
  const newest = await newestSeq(session);
  const places = [...STEPS_BACK.map((back) => newest - back), ...(newest > 1 && newest <= FARTHEST_BACK ? [1] : [])];
  for (const after of places.filter((place) => place > 0).toSorted((a, b) => a - b)) {
    if (await replay(session, after, newest, show)) return EXIT.done;
  }
  session.out.note('nothing is remembered; -w shows what happens from now on');
  return EXIT.done;
}

async function newestSeq({ client, project }: Session): Promise<number> {
  for await (const item of client.events({ project })) if ('seq' in item) return item.seq;
  throw interrupted();
}

/** False where the control plane has forgotten that place. */
async function replay(
  { client, project, world }: Session,
  after: number,
  newest: number,
  show: (change: ChangeEvent) => void,
): Promise<boolean> {
  const enough = new AbortController();
  let pause: NodeJS.Timeout | undefined;
  try {
    for await (const item of client.events({ project, after, signal: enough.signal })) {
      if (item.kind === 'reset') return false;
      if (item.kind === 'change') show(item.change);
      if (item.kind === 'change' && item.change.seq >= newest) return true;
      clearTimeout(pause);
      pause = setTimeout(() => enough.abort(), PAUSE_MS);
    }
  } finally {
    clearTimeout(pause);
  }
  world.interrupt.throwIfAborted();
  return true;
}

function changeLine({ at, kind, name, change, message }: ChangeEvent): string {
  const about = message === null ? '' : `: ${oneLine(message)}`;
  return `${moment(at)}  ${kind}/${name} ${change}${about}`;
}
