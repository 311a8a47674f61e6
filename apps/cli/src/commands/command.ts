import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts';
import { FORMATS, type Format } from '../output/output.ts';
import { type Flags, openSession, type Session } from '../session.ts';
import type { Settings } from '../settings/choose-settings.ts';
import type { World } from '../world.ts';

/** Runs verbs and keeps what the program will end with. */
export interface Cli {
  world: World;
  exitCode: ExitCode;
  /** Once a verb has begun: what an error may have to do with. */
  settings: Settings | undefined;
}

type Act<Options> = (session: Session, args: readonly string[], options: Options) => Promise<ExitCode> | Promise<void>;

/** Ties a verb to its command: settings are read and the client is made only once the verb is known. */
export function runs<Options>(cli: Cli, command: Command, act: Act<Options>): Command {
  return command.action(async () => {
    if (command.args.includes('')) throw new UsageError('an argument is empty');
    const session = openSession(cli.world, command.optsWithGlobals<Flags>());
    cli.settings = session.settings;
    cli.exitCode = (await act(session, command.args, command.opts() as Options)) ?? EXIT.done;
  });
}

/** For verbs that print one answer. */
export function formatOption(formats: readonly Format[] = ['table', 'json', 'yaml']): Option {
  return new Option('-o, --output <format>', 'how to print').choices(formats).default('table');
}

export const allFormatsOption = (): Option => formatOption(FORMATS);

export interface WithFormat {
  output: Format;
}

export function examples(command: Command, lines: readonly string[]): Command {
  const width = Math.max(...lines.map((line) => line.split('  #')[0]?.length ?? 0));
  const aligned = lines.map((line) => {
    const [words = '', remark] = line.split('  #');
    return remark === undefined ? `  $ ${words}` : `  $ ${words.padEnd(width)}  #${remark}`;
  });
  return command.addHelpText('after', `\nExamples:\n${aligned.join('\n')}`);
}

export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('write a whole number above 0');
  return Number(text);
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('write a whole number');
  return Number(text);
}

/** For options that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
