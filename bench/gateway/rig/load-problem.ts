import type { LoadResult } from './load.ts';

/** What went wrong in a run, in words; undefined when every request was answered with 200, whole and in order. */
export function loadProblem(result: LoadResult, ofName: string): string | undefined {
  const found = [
    ...counted(result.errors, { connect: 'refused', lost: 'cut', malformed: 'not HTTP', timeout: 'timed out' }),
    ...counted(result.stream, {
      lost: 'frames lost',
      disordered: 'frames out of order',
      unfinished: 'streams without an end',
      brokenOff: 'error events',
    }),
    ...Object.entries(result.statuses)
      .filter(([status]) => status !== '200')
      .map(([status, count]) => `${count} with status ${status}`),
  ];
  if (result.sent === 0) found.push('not one request was sent');
  return found.length === 0 ? undefined : `${ofName}, of ${result.sent} requests: ${found.join(', ')}`;
}

function counted<Name extends string>(
  counts: Readonly<Record<Name, number>>,
  words: Readonly<Partial<Record<Name, string>>>,
): string[] {
  return (Object.keys(words) as Name[])
    .filter((name) => counts[name] > 0)
    .map((name) => `${counts[name]} ${words[name]}`);
}
