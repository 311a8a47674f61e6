import { types } from 'node:util';
import { DrizzleQueryError } from 'drizzle-orm';

/** Postgres can't be reached or is going down. Nothing is known about a commit that was under way. Try again later. */
export class DatabaseUnavailable extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(`The database cannot be reached: ${message}`, options);
    this.name = 'DatabaseUnavailable';
  }
}

/** Postgres refused a statement. Carries the statement but never its parameters: those may be secrets. */
export class DatabaseError extends Error {
  /** SQLSTATE, as `23503`; undefined when the driver itself failed. */
  readonly code: string | undefined;
  readonly constraint: string | undefined;
  readonly statement: string | undefined;

  constructor(cause: Error, statement: string | undefined) {
    super(cause.message, { cause });
    this.name = 'DatabaseError';
    this.code = textField(cause, 'code');
    this.constraint = textField(cause, 'constraint');
    this.statement = statement;
  }
}

/** The transaction lost against a concurrent one and may simply be run again: serialization failure, deadlock. */
export function isWorthRepeating(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01');
}

/** Turns what driver and query builder throw into this package's errors. Anything else is handed back as it is. */
export function translated(error: unknown): unknown {
  if (error instanceof DrizzleQueryError) return driverError(error.cause ?? error, error.query);
  return isError(error) && isFromDriver(error) ? driverError(error, undefined) : error;
}

function driverError(cause: Error, statement: string | undefined): Error {
  if (cause instanceof DatabaseUnavailable) return cause;
  return isUnavailable(cause)
    ? new DatabaseUnavailable(cause.message || String(textField(cause, 'code')), { cause })
    : new DatabaseError(cause, statement);
}

// Class 08: connection; 57P: shutdown, crash, starting up; 53300: too many connections; 25006: a demoted primary.
const unavailableStates = /^(08...|57P0[1-5]|53300|25006)$/;
const socketErrors = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
// The driver gives these no code.
const driverMessages =
  /Connection terminated|not queryable|Client was closed|timeout exceeded when trying to connect|timeout expired|Query read timeout/;

function isUnavailable(error: Error): boolean {
  const code = textField(error, 'code') ?? '';
  return unavailableStates.test(code) || socketErrors.test(code) || driverMessages.test(error.message);
}

function isFromDriver(error: Error): boolean {
  return isUnavailable(error) || (textField(error, 'severity') !== undefined && textField(error, 'code') !== undefined);
}

/** Of any realm: where tests run in one of their own, errors of sockets are no `instanceof Error`. */
function isError(value: unknown): value is Error {
  return types.isNativeError(value);
}

function textField(error: Error, field: string): string | undefined {
  const value = (error as unknown as Record<string, unknown>)[field];
  return typeof value === 'string' ? value : undefined;
}
