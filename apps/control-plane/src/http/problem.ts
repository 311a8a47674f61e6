import { type ProblemDocument, problemType } from '@signalbox/contracts';
import { DatabaseUnavailable } from '@signalbox/db';
import { AppError, errorCatalogue } from '@signalbox/domain';
import { PROBLEM_STATUS } from './problem-status.ts';

export interface ProblemAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: ProblemDocument;
}

/** Any thrown value as an RFC 9457 problem. What is not in the catalogue says nothing of its inside. */
export function problemAnswer(thrown: unknown, requestId: string): ProblemAnswer {
  const error = catalogued(thrown, requestId);
  const status = PROBLEM_STATUS[error.code];
  return {
    status,
    headers: headersFor(error, status),
    body: {
      type: problemType(error.code),
      title: errorCatalogue[error.code].title,
      status,
      code: error.code,
      detail: error.message,
      requestId,
      problems: error.problems.map((problem) => ({
        ...problem,
        ...(problem.allowed === undefined ? {} : { allowed: [...problem.allowed] }),
      })) as ProblemDocument['problems'],
    },
  };
}

/** Unexpected errors become `internal.unexpected`; so do errors of Express that are not the caller's doing. */
export function catalogued(thrown: unknown, requestId: string): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof DatabaseUnavailable) {
    const detail = 'The database cannot be reached. Gateways go on serving; try again in a few seconds.';
    return new AppError('service.unavailable', { detail }, { cause: thrown });
  }
  if (thrown instanceof URIError) {
    return new AppError('request.malformed', { expected: 'URL-encoded', detail: 'the path has a broken escape' });
  }
  return new AppError('internal.unexpected', { requestId }, { cause: thrown });
}

function headersFor(error: AppError, status: number): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Bearer realm="signalbox"' };
  if (status === 503) return { 'retry-after': '2' };
  if (error.code === 'request.idempotency_in_progress') return { 'retry-after': '1' };
  if (error.code === 'request.method_not_allowed') return { allow: String(error.facts.allowed) };
  return {};
}
