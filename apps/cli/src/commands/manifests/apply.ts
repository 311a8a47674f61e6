import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../exit-code.ts';
import { followDeployments, type Target } from '../../following/follow-deployments.ts';
import { wantedTarget } from '../../following/target-of.ts';
import { timeoutOption, waitOption } from '../../following/timeout-option.ts';
import { changeLines, countLine } from '../../manifests/changes-text.ts';
import { present } from '../../output/output.ts';
import { parseDuration } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, collect, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { type ApplyAnswer, type Manifests, readManifests, sendManifests } from './send-manifests.ts';

interface Options extends WithFormat {
  filename: readonly string[];
  wait?: true;
  timeout: string;
  prune?: true;
  source?: string;
  yes?: true;
  dryRun?: true;
}

export function applyCommand(cli: Cli): Command {
  const command = new Command('apply')
    .summary('make it so: create and update what manifests describe')
    .description('Apply manifests, all of them or none. Applying the same manifests again changes nothing.')
    .requiredOption('-f, --filename <path>', 'a file, a folder, or - for stdin; may be repeated', collect)
    .addOption(waitOption('follow the rollouts of the deployments until they end'))
    .addOption(timeoutOption())
    .option('--prune', 'delete what this source once applied and no longer contains; asks first')
    .option('--source <name>', 'names what --prune compares with (default: -f as given)')
    .option('--yes', 'do not ask; also remove deployments that carry traffic')
    .option('--dry-run', 'say what would change and change nothing')
    .addOption(formatOption());
  examples(command, [
    'signalbox apply -f chat.yaml',
    'signalbox apply -f manifests/ --wait --timeout 20m  # ends 0 when all of it serves, 3 when it was rolled back',
    'signalbox apply -f manifests/ --prune  # also delete what is no longer in the folder',
    'helm template chat | signalbox apply -f - --source chat-chart',
  ]);
  return runs<Options>(cli, command, apply);
}

async function apply(session: Session, _args: readonly string[], options: Options): Promise<ExitCode> {
  const timeoutMs = parseDuration(options.timeout, '--timeout');
  const prune = options.prune === true;
  const dryRun = options.dryRun === true;
  // With -f - the answer would be read from what is left of the manifests.
  const mayAsk = session.world.terminal.stdin && session.world.terminal.stderr && !options.filename.includes('-');
  if (prune && !dryRun && options.yes !== true && !mayAsk) {
    throw new UsageError(
      '--prune deletes, and there is no terminal to ask at: repeat with --yes, or look first with --dry-run',
    );
  }
  const manifests = await readManifests(session, options);
  if (prune && !dryRun && options.yes !== true && !(await agreed(session, manifests))) {
    session.out.note('nothing was changed');
    return EXIT.refused;
  }
  const answer = await sendManifests(session, manifests, { prune, dryRun, yes: options.yes === true });
  show(session, answer, options);
  if (options.wait !== true || dryRun) return EXIT.done;
  return followDeployments(session, await targetsOf(session, answer), { timeoutMs, format: options.output });
}

function show({ out }: Session, answer: ApplyAnswer, { output }: Options): void {
  present(out, output, {
    json: answer.json,
    people: () => {
      for (const line of changeLines(answer.value.changes, out.colours)) out.line(line);
      out.line(countLine(answer.value.changes, answer.value.dryRun));
    },
  });
}

/** Shows what would be deleted and asks. Nothing to delete needs no question. */
async function agreed(session: Session, manifests: Manifests): Promise<boolean> {
  const { value } = await sendManifests(session, manifests, { prune: true, dryRun: true, yes: false });
  const doomed = value.changes.filter(({ change }) => change === 'deleted');
  if (doomed.length === 0) return true;
  for (const line of changeLines(doomed, session.out.colours)) session.out.note(line);
  return ask(session, `Delete ${doomed.length === 1 ? 'it' : `these ${doomed.length}`}? [y/N] `);
}

async function ask({ world }: Session, question: string): Promise<boolean> {
  world.writeError(question);
  const lines = createInterface({ input: world.stdin, terminal: false });
  try {
    const [answer = ''] = await Promise.race([firstLine(lines), aborted(world.interrupt)]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

async function firstLine(lines: AsyncIterable<string>): Promise<readonly string[]> {
  for await (const line of lines) return [line];
  return [];
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Unchanged deployments too: a repeated `apply --wait` waits for the same rollout as the first. */
async function targetsOf(session: Session, { value }: ApplyAnswer): Promise<readonly Target[]> {
  const deployments = value.changes.filter(({ kind, change }) => kind === 'Deployment' && change !== 'deleted');
  return Promise.all(
    deployments.map(async ({ name, project, revision }) => {
      const where = project ?? session.project;
      return revision === undefined ? wantedTarget(session, name, where) : { name, project: where, revision };
    }),
  );
}
