import type { Goal } from '../rounds/goal.ts';
import type { Section } from './section.ts';

const because = 'no section does it yet';

/**
 * Goals of the table that this program does not measure. They stay in it, so that nobody takes the rest for the whole;
 * a section that measures one of them takes its place in all.ts.
 */
function notMeasuredHere(name: string, title: string, goals: readonly Goal[]): Section {
  return {
    name,
    title,
    contenders: [],
    run: async () => ({
      rows: goals.map((goal) => ({ goal, measured: { kind: 'notMeasured', because } })),
      figures: [],
      notes: [`not measured: ${because}`],
      problems: [],
    }),
  };
}

export const replicaLoss = notMeasuredHere('replica-loss', '1 of 4 replicas lost in every way, 100 times under load', [
  { what: 'failed requests that had not begun', unit: '', must: { atMost: 0 } },
  { what: 'broken streams without one error event', unit: '', must: { atMost: 0 } },
  { what: 'ejection', unit: 's', must: { atMost: 1 } },
  { what: 'ejection of the frozen and half-open', unit: 's', must: { atMost: 5 } },
  { what: 'retries, of traffic', unit: '%', must: { atMost: 20 } },
]);

export const rollingRestarts = notMeasuredHere('rolling-restarts', '100 restarts at half load, 1,000 open streams', [
  { what: 'requests failed, cut or refused', unit: '', must: { atMost: 0 } },
  { what: 'p99 up by', unit: '%', must: { atMost: 20 } },
]);
