import type { Asked } from '../rig/open-callers.ts';
import { serviceMs } from '../rig/slot-engine.ts';
import type { Goal } from '../rounds/goal.ts';
import { measured, total } from '../rounds/rounds.ts';
import type { SectionResult } from './section.ts';

export interface LimitsRun {
  slots: number;
  limited: { asked: readonly Asked[]; tokensPerMinute: number };
  overload: { seconds: number; unloaded: readonly Asked[]; critical: readonly Asked[]; others: readonly Asked[] };
  flood: { seconds: number; flooding: readonly Asked[]; modest: readonly Asked[] };
  /** Requests that met a replica without a free slot. */
  crowded: number;
}

const goals = {
  overshoot: { what: 'tokens-per-minute overshoot', unit: '%', must: { atMost: 2 } },
  critical: { what: 'p99 to first token of critical at 2 × load ÷ unloaded', unit: '×', must: { atMost: 1.2 } },
  goodput: { what: 'goodput ÷ capacity', unit: '×', must: { atLeast: 0.9 } },
  shares: { what: 'token share of equal tenants, one at 10 ×, off by', unit: '%', must: { atMost: 5 } },
} as const satisfies Record<string, Goal>;

/** The queue fills and learns its rate. */
const settlingMs = 2_000;

const mostLateMs = 50;
/** The gateway has just been started: its first second says little about its p99. */
const warmUpMs = 1_000;
const warm = (asked: readonly Asked[]): Asked[] => asked.filter(({ dueAt }) => dueAt >= warmUpMs);

export function limitsResult({ slots, limited, overload, flood, crowded }: LimitsRun): SectionResult {
  const { asked, tokensPerMinute } = limited;
  const served = [...overload.critical, ...overload.others].filter(isServed);
  const [loadMs, floodMs] = [overload.seconds * 1_000, flood.seconds * 1_000];
  const firsts = {
    unloaded: p99(warm(overload.unloaded).map(firstMs)),
    loaded: p99(warm(overload.critical).map(firstMs)),
  };
  const wholes = {
    unloaded: p99(warm(overload.unloaded).map(wholeMs)),
    loaded: p99(warm(overload.critical).map(wholeMs)),
  };
  const busy = tokensOfBusiestMinute(asked);
  const goodput = busyMs(served, settlingMs, loadMs) / (slots * (loadMs - settlingMs));
  const [many, few] = [tokensIn(flood.flooding, settlingMs, floodMs), tokensIn(flood.modest, settlingMs, floodMs)];
  const lateness = p99([...overload.critical, ...overload.others].map(({ sentAt, dueAt }) => sentAt - dueAt));
  const figure = (name: string, unit: string, value: number) => ({ name, unit, samples: [value] });
  const reached = asked.some(({ isRefused }) => isRefused);
  return {
    rows: [
      {
        goal: goals.overshoot,
        measured: reached
          ? total([Math.max(0, busy / tokensPerMinute - 1) * 100])
          : { kind: 'notMeasured', because: 'the limit was never reached' },
      },
      { goal: goals.critical, measured: measured(firsts.unloaded > 0 ? [firsts.loaded / firsts.unloaded] : []) },
      { goal: goals.goodput, measured: measured([goodput]) },
      { goal: goals.shares, measured: measured(many + few > 0 ? [(Math.abs(many - few) / (many + few)) * 100] : []) },
    ],
    figures: [
      figure('tokens of the busiest minute, of the limit', '%', (busy / tokensPerMinute) * 100),
      figure('refused at the limit, of requests', '%', refusedShare(asked) * 100),
      figure('critical, first token p99 unloaded', 'ms', firsts.unloaded),
      figure('critical, first token p99 at 2 × load', 'ms', firsts.loaded),
      figure('critical, whole answer p99 unloaded', 'ms', wholes.unloaded),
      figure('critical, whole answer p99 at 2 × load', 'ms', wholes.loaded),
      figure('requests sent late by, p99', 'ms', lateness),
      figure('critical refused', '', overload.critical.filter(({ isRefused }) => isRefused).length),
      figure('others refused, of requests', '%', refusedShare(overload.others) * 100),
      figure('flooding tenant, tokens/s', '1/s', many / ((floodMs - settlingMs) / 1_000)),
      figure('modest tenant, tokens/s', '1/s', few / ((floodMs - settlingMs) / 1_000)),
    ],
    notes: ['capacity is what the slots of the engines serve; goodput is the slots’ time that went into whole answers'],
    problems: [
      ...busyMachine(lateness),
      ...problemsOf(
        [asked, overload.unloaded, overload.critical, overload.others, flood.flooding, flood.modest],
        crowded,
      ),
    ],
  };
}

/** Tokens count by the moment their request was sent; the busiest 60 s, wherever they begin. */
export function tokensOfBusiestMinute(asked: readonly Asked[]): number {
  const served = asked.filter(isServed).sort((one, other) => one.dueAt - other.dueAt);
  let [most, held, from] = [0, 0, 0];
  for (const one of served) {
    held += tokensOf(one);
    for (let oldest = served[from]; oldest !== undefined && oldest.dueAt <= one.dueAt - 60_000; oldest = served[++from])
      held -= tokensOf(oldest);
    most = Math.max(most, held);
  }
  return most;
}

/** Of the slots, between two moments, for answers that came whole. */
export function busyMs(served: readonly Asked[], from: number, to: number): number {
  return served.reduce((sum, { work, endedAt }) => {
    const end = endedAt ?? 0;
    return sum + Math.max(0, Math.min(end, to) - Math.max(end - serviceMs(work), from));
  }, 0);
}

function tokensIn(asked: readonly Asked[], from: number, to: number): number {
  return asked.reduce((sum, one) => {
    const end = one.endedAt ?? 0;
    return isServed(one) && end >= from && end < to ? sum + tokensOf(one) : sum;
  }, 0);
}

function isServed({ status, isWhole }: Asked): boolean {
  return status === 200 && isWhole;
}

function tokensOf({ work }: Asked): number {
  return work.input + work.output;
}

const firstMs = ({ firstAt, dueAt }: Asked): number => (firstAt ?? Number.POSITIVE_INFINITY) - dueAt;
const wholeMs = ({ endedAt, dueAt }: Asked): number => (endedAt ?? Number.POSITIVE_INFINITY) - dueAt;

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
}

function refusedShare(asked: readonly Asked[]): number {
  return asked.length === 0 ? 0 : asked.filter(({ isRefused }) => isRefused).length / asked.length;
}

/** Callers that are late themselves wait for the machine and not for the gateway. */
function busyMachine(latenessMs: number): string[] {
  if (latenessMs <= mostLateMs) return [];
  return [`limits: the machine is too busy: requests were sent ${Math.round(latenessMs)} ms late`];
}

/** Refused is an answer; anything else that is not whole is none. */
function problemsOf(loads: readonly (readonly Asked[])[], crowded: number): string[] {
  const failed = loads.flat().filter((one) => !one.isRefused && !isServed(one)).length;
  return [
    ...(failed > 0 ? [`limits: ${failed} requests were neither answered nor refused`] : []),
    ...(crowded > 0 ? [`limits: ${crowded} requests were sent to a replica without a free slot`] : []),
  ];
}
