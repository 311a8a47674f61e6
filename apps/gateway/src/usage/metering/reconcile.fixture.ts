import type { UsageRecord } from '@signalbox/domain';
import type { CallerView } from './metered-caller.fixture.ts';
import type { EngineAttempt, Told } from './metered-engine.fixture.ts';

/** One call as its three witnesses have it. */
export interface Witnessed {
  caller: CallerView;
  attempts: readonly EngineAttempt[];
  records: readonly UsageRecord[];
  /** What came of the second sending, where there was one, and its own records, which there should not be. */
  again: { caller: CallerView; records: readonly UsageRecord[] } | undefined;
  /** Under way when the gateway was killed, or over so shortly before that its end may not have been written. */
  atKill: boolean;
  /** An engine was there to give it an answer. */
  isServed: boolean;
}

/** What became of many calls; everything in `wrong` should be 0. */
export interface Reconciliation {
  calls: number;
  exact: number;
  partial: number;
  none: number;
  estimated: number;
  /** As the engines told them, of all that was not in flight at the kill. */
  tokensTold: number;
  /** As they were booked. */
  tokensBooked: number;
  /** Of callers that left: told by the engine and not read any more by the gateway. */
  tokensUnread: number;
  wrong: Record<Wrong, number>;
}

/**
 * - `missing`: no record. - `twice`: more than one.
 * - `tokensOff`: tokens by which records of whole answers differ from what the engine told in the end.
 * - `brokenOff`: tokens by which records of answers that broke off are less than what the caller had, or more than the
 *   engine had told.
 * - `estimated`: without a kill that would excuse it. - `inexact`: a whole answer whose usage is not told as exact.
 * - `shown`: a caller saw usage that it did not ask for, or not what it asked for.
 * - `failed`: without an answer although an engine had one, and without a second try.
 * - `doneAgain`: a repeated request was not answered with the first one's answer.
 */
export type Wrong =
  | 'missing'
  | 'twice'
  | 'tokensOff'
  | 'brokenOff'
  | 'estimated'
  | 'inexact'
  | 'shown'
  | 'failed'
  | 'doneAgain';

export function reconcile(calls: readonly Witnessed[]): Reconciliation {
  const found: Reconciliation = {
    calls: calls.length,
    ...{ exact: 0, partial: 0, none: 0, estimated: 0, tokensTold: 0, tokensBooked: 0, tokensUnread: 0 },
    wrong: {
      missing: 0,
      twice: 0,
      tokensOff: 0,
      brokenOff: 0,
      estimated: 0,
      inexact: 0,
      shown: 0,
      failed: 0,
      doneAgain: 0,
    },
  };
  for (const call of calls) add(found, call);
  return found;
}

function add(found: Reconciliation, { caller, attempts, records, again, atKill, isServed }: Witnessed): void {
  const { wrong } = found;
  const isWhole = caller.ended === 'whole' && caller.status === 200;
  if (again !== undefined && !again.caller.isReplay) wrong.doneAgain += 1;
  wrong.twice += again?.records.length ?? 0;
  if (caller.isShownWrongUsage) wrong.shown += 1;
  const [record, ...more] = records;
  wrong.twice += more.length;
  if (record === undefined) {
    // The caller left, or the gateway was killed, before the request was read.
    if (attempts.length > 0 || caller.ended === 'whole') wrong.missing += 1;
    return;
  }
  found[record.exactness] += 1;
  // Two tries are all there are: the second may be at a replica that is ejected for what it did to others.
  const mayFail = !isServed || atKill || caller.ended === 'left' || record.attempts >= 2;
  if (!isWhole && !mayFail) wrong.failed += 1;
  if (record.exactness === 'estimated') {
    if (!atKill) wrong.estimated += 1;
    return;
  }
  const last = attempts.findLast(({ port }) => record.replicaId?.endsWith(`-${port}`));
  const told = last?.told ?? nothing;
  found.tokensTold += sum(told);
  found.tokensBooked += sum(record.tokens);
  if (isWhole && record.exactness !== 'exact') wrong.inexact += 1;
  if (isWhole || record.exactness === 'exact') {
    wrong.tokensOff += distance(record.tokens, told);
    return;
  }
  wrong.brokenOff += offWhenBroken(record.tokens, told, last?.tellsAsItRuns === true ? caller.received : 0);
  found.tokensUnread += Math.max(0, sum(told) - sum(record.tokens));
}

const nothing: Told = { input: 0, output: 0 };

/** Nothing is booked that was not told, nor is anything left out that reached the caller with its usage. */
function offWhenBroken(booked: Told, told: Told, received: number): number {
  const over = Math.max(0, booked.input - told.input) + Math.max(0, booked.output - told.output);
  return over + Math.max(0, received - booked.output) + (received > 0 ? Math.max(0, told.input - booked.input) : 0);
}

function distance(one: Told, other: Told): number {
  return Math.abs(one.input - other.input) + Math.abs(one.output - other.output);
}

function sum({ input, output }: Told): number {
  return input + output;
}
