import { ApiProblem } from '@signalbox/client';
import { type Command, CommanderError } from 'commander';
import type { Cli } from './commands/command.ts';
import { EXIT, type ExitCode, exitCodeOf, isAbort, isExpected } from './exit-code.ts';
import { printable } from './output/printable.ts';
import { refusalLines } from './output/problems.ts';
import { buildProgram } from './program.ts';
import type { Settings } from './settings/choose-settings.ts';
import type { World } from './world.ts';

/** The whole program: words in, text out, exit code back. */
export async function run(argv: readonly string[], world: World): Promise<ExitCode> {
  const cli: Cli = { world, exitCode: EXIT.done, settings: undefined };
  const program = buildProgram(cli);
  for (const command of everyCommand(program)) prepare(command, world);
  try {
    await program.parseAsync(firstWords(argv), { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return commanderExitCode(error);
    for (const line of [...errorLines(error), ...tokenHints(error, cli.settings)])
      world.writeError(`${printable(line)}\n`);
    return exitCodeOf(error);
  }
}

/** `--version` is an option of promote, so that the program itself can't have one: it is a command. */
function firstWords(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  return first === '--version' || first === '-V' ? ['version', '--client', ...rest] : [...argv];
}

function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

function prepare(command: Command, world: World): void {
  command
    .exitOverride()
    .showHelpAfterError(`Run signalbox ${pathOf(command)}--help for what there is.`)
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(world.terminal.columns, 120) })
    .configureOutput({ writeOut: world.writeOut, writeErr: world.writeError });
}

function pathOf(command: Command): string {
  const names: string[] = [];
  for (let it: Command | null = command; it?.parent != null; it = it.parent) names.unshift(`${it.name()} `);
  return names.join('');
}

/** Help that was asked for is an answer; everything else that commander ends with is bad usage. */
function commanderExitCode({ exitCode }: CommanderError): ExitCode {
  return exitCode === 0 ? EXIT.done : EXIT.badUsage;
}

export function errorLines(error: unknown): readonly string[] {
  if (error instanceof ApiProblem) return refusalLines(error);
  if (isAbort(error)) return [];
  if (isExpected(error)) return error.message === '' ? [] : error.message.split('\n').map(asError);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return ['error: this is a defect of signalbox, please report it with the lines below', stack];
}

function asError(line: string, index: number): string {
  return index === 0 ? `error: ${line}` : line;
}

/** A refused token is mended where it came from. */
export function tokenHints(error: unknown, settings: Settings | undefined): readonly string[] {
  if (!(error instanceof ApiProblem) || !error.code.startsWith('auth.') || settings === undefined) return [];
  const { token, withheld } = settings;
  if (token !== undefined) return [`the token came from ${token.origin}`];
  return [...withheld, 'give a token with --token, SIGNALBOX_TOKEN or the settings file (signalbox config view)'];
}
