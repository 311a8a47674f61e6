import type { ErrorCode, Problem } from '@signalbox/domain';

/** The control plane refused or failed, and said why (RFC 9457). `detail` says what to do. */
export class ApiProblem extends Error {
  /** From the error catalogue; a newer control plane may send codes that this client does not know. */
  readonly code: ErrorCode | (string & {});
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly problems: readonly Problem[];
  readonly requestId: string;

  constructor(facts: {
    code: string;
    title: string;
    detail: string;
    status: number;
    problems: readonly Problem[];
    requestId: string;
  }) {
    super(`${facts.title}: ${facts.detail}`);
    this.name = 'ApiProblem';
    this.code = facts.code;
    this.title = facts.title;
    this.detail = facts.detail;
    this.status = facts.status;
    this.problems = facts.problems;
    this.requestId = facts.requestId;
  }
}

/** No answer came: nothing listens, the name is unknown, the connection broke, or it took too long. */
export class Unreachable extends Error {
  readonly url: string;
  readonly reason: string;

  constructor(url: string, reason: string, options: { cause?: unknown; advice?: string | undefined } = {}) {
    const advice = options.advice ?? 'Check that it is running and that the URL is right.';
    super(`No answer from ${url}: ${reason}. ${advice}`, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'Unreachable';
    this.url = url;
    this.reason = reason;
  }
}

/** Something answered, but not as a Signalbox control plane of a known version does. */
export class UnexpectedAnswer extends Error {
  readonly url: string;
  readonly status: number;

  constructor(url: string, status: number, what: string) {
    super(`${url} answered with status ${status}, but ${what}`);
    this.name = 'UnexpectedAnswer';
    this.url = url;
    this.status = status;
  }
}
