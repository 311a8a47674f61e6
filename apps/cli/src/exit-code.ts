import { ApiProblem, UnexpectedAnswer, Unreachable } from '@signalbox/client';

/** What the program ends with; scripts rely on these. */
export const EXIT = {
  done: 0,
  refused: 1,
  wouldChange: 2,
  rolledBack: 3,
  stillGoingOn: 4,
  badUsage: 64,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line, a settings file or a file it names can't be used; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** It could not be done, for a reason that only this program knows. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** The user pressed Ctrl-C; the message says what goes on without them. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.badUsage;
  if (error instanceof Interrupted || isAbort(error)) return EXIT.interrupted;
  return EXIT.refused;
}

/** True for errors whose message is all that a user needs; others are defects and get their stack printed. */
export function isExpected(error: unknown): error is Error {
  return [UsageError, Refusal, Interrupted, ApiProblem, Unreachable, UnexpectedAnswer].some(
    (type) => error instanceof type,
  );
}

export function isAbort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';
}
