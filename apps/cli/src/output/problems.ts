import type { ApiProblem } from '@signalbox/client';
import type { Problem } from '@signalbox/domain';
import { oneLine } from './printable.ts';

/** All problems of an answer, one a line, in the order of the files. */
export function problemLines(problems: readonly Problem[]): readonly string[] {
  return problems.toSorted(byPlace).map(problemLine);
}

function problemLine({ message, path, file, line, column, allowed, nearest }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const more = [
    path === undefined || path === '' ? [] : [`path ${path}`],
    allowed === undefined || allowed.length === 0 ? [] : [`allowed: ${allowed.join(', ')}`],
    nearest === undefined ? [] : [`did you mean ${nearest}?`],
  ].flat();
  const suffix = more.length === 0 ? '' : ` (${more.join('; ')})`;
  return oneLine(`${place === '' ? '' : `${place}: `}${message}${suffix}`);
}

function byPlace(a: Problem, b: Problem): number {
  const byFile = (a.file ?? '') < (b.file ?? '') ? -1 : Number((a.file ?? '') > (b.file ?? ''));
  return byFile || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** What is printed for a refusal: the places first, then the sentence that says what became of it. */
export function refusalLines(problem: ApiProblem): readonly string[] {
  const sentence = problem.detail === '' ? problem.title : `${problem.title}: ${problem.detail}`;
  const requestId = problem.status >= 500 ? ` (request ${problem.requestId})` : '';
  return [...problemLines(problem.problems), `error: ${oneLine(sentence)}${requestId}`];
}
