import type { ApiResponse } from '@signalbox/contracts';
import { type Colours, paintState } from '../../output/colours.ts';
import { oneLine } from '../../output/printable.ts';
import { age, moment, shortDuration } from '../../output/times.ts';

export type Rollout = NonNullable<ApiResponse<'getRollout'>['rollout']>;
type Step = Rollout['steps'][number];
type Evidence = NonNullable<Rollout['verdict']>['candidate'];

export interface Printing {
  colours: Colours;
  now: number;
}

/** Where it is, and what comes next. */
export function statusLines(name: string, rollout: Rollout, { colours, now }: Printing): readonly string[] {
  const state = rollout.paused ? 'paused' : rollout.phase;
  return [
    `${colours.bold(name)}: ${pathText(rollout)}, ${rollout.strategy}`,
    `${paintState(state, colours)} since ${age(rollout.since, now)}, ${rollout.percent} % of traffic: ${oneLine(rollout.message)}`,
    ...(rollout.because === null ? [] : [`because: ${oneLine(rollout.because)}`]),
    '',
    ...rollout.steps.map((step) => stepLine(step, colours)),
  ];
}

function pathText({ from, to }: Pick<Rollout, 'from' | 'to'>): string {
  const target = `${to.version} (revision ${to.revision})`;
  return from === null ? `first rollout of ${target}` : `${from.version} (revision ${from.revision}) → ${target}`;
}

const MARKS = { done: 'x', current: '>', todo: ' ' } as const;

function stepLine(step: Step, colours: Colours): string {
  const line = `[${MARKS[step.state]}] ${step.index + 1}. ${stepText(step)}`;
  return step.state === 'current' ? colours.yellow(line) : line;
}

function stepText({ kind, percent, forMs, role }: Step): string {
  const held = forMs === null || forMs === 0 ? '' : ` for ${shortDuration(forMs)}`;
  if (kind === 'approval') return `approval by ${role ?? 'anyone'}`;
  return kind === 'wait' ? `wait${held}` : `weight ${percent ?? 0} %${held}`;
}

/** Why it is where it is: what the gate saw, beside each other, and what it concluded. */
export function evidenceLines(name: string, rollout: Rollout, { colours }: Printing): readonly string[] {
  const { verdict, to, from } = rollout;
  const outcome = rollout.because === null ? oneLine(rollout.message) : oneLine(rollout.because);
  const head = `${colours.bold(name)}: ${pathText(rollout)}: ${paintState(rollout.phase, colours)}: ${outcome}`;
  if (verdict === null) return [head, 'the gate has not spoken: it looks at a step once its weight is reached'];
  return [
    head,
    `the gate said ${paintState(verdict.kind, colours)} at ${moment(verdict.at)}: ${oneLine(verdict.because)}`,
    evidenceLine(`new ${to.version}`, verdict.candidate),
    evidenceLine(`old ${from?.version ?? ''}`, verdict.stable),
  ];
}

function evidenceLine(title: string, { requests, errors, errorRate, ttftP95Ms }: Evidence): string {
  const rate = errorRate === null ? 'no data' : `${(errorRate * 100).toFixed(2)} %`;
  const ttft = ttftP95Ms === null ? 'no data' : `at most ${ttftP95Ms} ms`;
  return `  ${oneLine(title)}: ${requests} requests, ${errors} errors (${rate}), p95 time to first token ${ttft}`;
}
