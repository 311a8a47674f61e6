import { type Spread, spreadOf } from '../measure/quantiles.ts';
import type { Outcome } from './send.ts';

/** A replica that was killed on purpose; times as in outcomes. */
export interface Kill {
  replica: string;
  at: number;
}

/**
 * - `served`: whole, and as long as was asked for
 * - `cutByKill`: had begun, on a replica that was killed meanwhile. Bytes were with the caller: nobody can take them back
 * - `failed`: everything else
 */
export type Verdict = 'served' | 'cutByKill' | 'failed';

export function judge(outcome: Outcome, kills: readonly Kill[]): Verdict {
  const asLong = outcome.tokens === outcome.wantedTokens;
  if (outcome.end.kind === 'whole') return outcome.status === 200 && asLong ? 'served' : 'failed';
  const hadBegun = outcome.firstByteAt !== null && outcome.status === 200;
  const wasKilled = kills.some(
    ({ replica, at }) => outcome.replica === replica && outcome.sentAt <= at && at <= outcome.endedAt,
  );
  return hadBegun && wasKilled ? 'cutByKill' : 'failed';
}

export interface RevisionTally {
  revision: string;
  version: string;
  served: number;
  cutByKill: number;
  failed: number;
  tokens: number;
  /** Of streams. */
  ttftMs: Spread | undefined;
  durationMs: Spread | undefined;
}

export interface Tally {
  sent: number;
  served: number;
  streamed: number;
  failed: number;
  cutByKill: number;
  /** Answers that do not say which revision gave them. */
  withoutRevision: number;
  /** How many failed or were cut, by what the caller saw. */
  causes: { verdict: Verdict; cause: string; count: number; requestIds: readonly string[] }[];
  revisions: RevisionTally[];
}

const shownIds = 5;

export function tally(outcomes: readonly Outcome[], kills: readonly Kill[]): Tally {
  const judged = outcomes.map((outcome) => ({ outcome, verdict: judge(outcome, kills) }));
  const count = (verdict: Verdict) => judged.filter((row) => row.verdict === verdict).length;
  const byRevision = Map.groupBy(judged, ({ outcome }) => outcome.revision);
  byRevision.delete(null);
  return {
    sent: outcomes.length,
    served: count('served'),
    streamed: outcomes.filter(({ stream }) => stream).length,
    failed: count('failed'),
    cutByKill: count('cutByKill'),
    withoutRevision: judged.filter(({ outcome, verdict }) => verdict !== 'failed' && outcome.revision === null).length,
    causes: causesOf(judged),
    revisions: [...byRevision]
      .map(([revision, rows]) => tallyRevision(revision ?? '', rows))
      .sort((a, b) => a.revision.localeCompare(b.revision, 'en', { numeric: true })),
  };
}

type Judged = { outcome: Outcome; verdict: Verdict };

function tallyRevision(revision: string, rows: readonly Judged[]): RevisionTally {
  const served = rows.filter(({ verdict }) => verdict === 'served').map(({ outcome }) => outcome);
  const streams = served.filter(({ stream }) => stream);
  return {
    revision,
    version: rows[0]?.outcome.version ?? '',
    served: served.length,
    cutByKill: rows.filter(({ verdict }) => verdict === 'cutByKill').length,
    failed: rows.filter(({ verdict }) => verdict === 'failed').length,
    tokens: served.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0),
    ttftMs: spreadOf(streams.map(({ firstByteAt, sentAt }) => (firstByteAt ?? sentAt) - sentAt)),
    durationMs: spreadOf(served.map(({ endedAt, sentAt }) => endedAt - sentAt)),
  };
}

function causesOf(judged: readonly Judged[]): Tally['causes'] {
  const bad = judged.filter(({ verdict }) => verdict !== 'served');
  const groups = Map.groupBy(bad, ({ outcome, verdict }) => `${verdict} ${causeOf(outcome)}`);
  return [...groups.values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const requestIds = rows.flatMap(({ outcome }) => outcome.requestId ?? []).slice(0, shownIds);
    return [{ verdict: first.verdict, cause: causeOf(first.outcome), count: rows.length, requestIds }];
  });
}

function causeOf({ end, firstByteAt, wantedTokens, tokens, stream }: Outcome): string {
  const what = stream ? 'stream' : 'answer';
  if (end.kind === 'whole') return `${what} of ${tokens ?? 'unknown'} tokens instead of ${wantedTokens}`;
  const when = firstByteAt === null || end.kind === 'refused' ? 'before it began' : 'after it had begun';
  return `${what} ${end.kind} ${when}: ${end.because}`;
}
