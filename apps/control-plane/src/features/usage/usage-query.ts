import type { ParsedApiRequest } from '@signalbox/contracts';
import type { UsageSumsQuery } from '@signalbox/db';
import { AppError, type Instant } from '@signalbox/domain';
import { cursorOf, keyOf } from '../../http/index.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const longestMs = 400 * dayMs;

/** What was asked for, as whole hours: sums are kept by the hour, so the range is widened to them and the answer says so. */
export function usageQuery(query: ParsedApiRequest<'getUsage'>['query'], now: Instant): UsageSumsQuery {
  const end = query.to === undefined ? now : Date.parse(query.to);
  const start = query.from === undefined ? end - dayMs : Date.parse(query.from);
  if (start >= end) throw invalid('query.from', 'is not before `to`');
  const from = Math.floor(start / hourMs) * hourMs;
  const to = Math.ceil(end / hourMs) * hourMs;
  if (to - from > longestMs) throw invalid('query.from', 'lies more than 400 days before `to`: ask in parts');
  return {
    project: query.allProjects ? undefined : query.project,
    from,
    to,
    groupBy: query.groupBy,
    after: groupAfter(query.cursor, query.groupBy.length),
    limit: query.limit,
  };
}

export function cursorAfter(names: readonly string[]): string {
  return cursorOf(JSON.stringify(names));
}

function groupAfter(cursor: string | undefined, groups: number): readonly string[] | undefined {
  const key = keyOf(cursor);
  if (key === undefined) return undefined;
  const names = parsed(key);
  const isOurs = Array.isArray(names) && names.length === groups && names.every((name) => typeof name === 'string');
  if (!isOurs) throw invalid('query.cursor', 'is not a cursor of this list with these groups: begin again without one');
  return names;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(path: string, message: string): AppError {
  const problems = [{ path, message }];
  return new AppError('request.invalid', { problems: `${path}: ${message}` }, { problems });
}
