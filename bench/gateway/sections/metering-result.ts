import type { MeteringRun } from '../../../apps/gateway/src/usage/metering/metering-run.fixture.ts';
import type { Goal } from '../rounds/goal.ts';
import { total } from '../rounds/rounds.ts';
import type { SectionResult } from './section.ts';

const goals = {
  tokens: { what: "tokens off the engines' own count", unit: '', must: { atMost: 0 } },
  records: { what: 'requests without a record, or with two', unit: '', must: { atMost: 0 } },
  estimated: { what: 'estimated without having been in flight at a kill', unit: '', must: { atMost: 0 } },
  four: { what: 'all of these together, with 4 processes', unit: '', must: { atMost: 0 } },
} as const satisfies Record<string, Goal>;

/** Of a gateway that is one process, and of one with four beside its main one. */
export function meteringResult(one: MeteringRun, four: MeteringRun): SectionResult {
  const [tokens, records, estimated] = faultsOf(one);
  return {
    rows: [
      { goal: goals.tokens, measured: total([tokens]) },
      { goal: goals.records, measured: total([records]) },
      { goal: goals.estimated, measured: total([estimated]) },
      { goal: goals.four, measured: total(faultsOf(four)) },
    ],
    figures: [...figuresOf(one, '1 process'), ...figuresOf(four, '4 processes')],
    notes: [
      'whole answers must be booked as told; of those that broke off at least what the caller had and at most what was told; just before a kill is 50 ms, or 1 s where the caller left',
    ],
    problems: [...problemsOf(one), ...problemsOf(four)],
  };
}

function faultsOf({ wrong }: MeteringRun): [tokens: number, records: number, estimated: number] {
  return [wrong.tokensOff + wrong.brokenOff + wrong.inexact, wrong.missing + wrong.twice, wrong.estimated];
}

function figuresOf(run: MeteringRun, ofWhat: string): SectionResult['figures'] {
  const figure = (name: string, value: number, unit = '') => ({ name: `${ofWhat}, ${name}`, unit, samples: [value] });
  return [
    figure('requests', run.calls),
    figure('requests per second', run.calls / run.seconds, '1/s'),
    figure('booked as exact', run.exact),
    figure('booked as partial', run.partial),
    figure('booked as none', run.none),
    figure('booked as estimated', run.estimated),
    figure('in flight at a kill, or over just before', run.atKills),
    figure('tokens told by the engines', run.tokensTold),
    figure('tokens booked', run.tokensBooked),
    figure('tokens told after the caller had left', run.tokensUnread),
    figure('usage batches whose answer was lost', run.answersLost),
    figure('usage batches refused', run.batchesRefused),
  ];
}

/** A run that lost or repeated requests, or in which nothing of the kind happened that it is about, shows nothing. */
function problemsOf({ wrong, exact, partial, estimated, answersLost, atKills }: MeteringRun): string[] {
  const problems: string[] = [];
  if (wrong.failed > 0) problems.push(`metering: ${wrong.failed} requests failed although an engine could answer`);
  if (wrong.shown > 0) problems.push(`metering: ${wrong.shown} callers were shown usage that they had not asked for`);
  if (wrong.doneAgain > 0) problems.push(`metering: ${wrong.doneAgain} repeated requests were done again`);
  if (Math.min(exact, partial, answersLost, atKills) === 0 || estimated > atKills)
    problems.push('metering: the traffic was not what it should have been: no answer was cut, lost or killed');
  return problems;
}
