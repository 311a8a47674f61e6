import type { LoadResult } from '../rig/load.ts';
import { loadProblem } from '../rig/load-problem.ts';
import type { Goal } from '../rounds/goal.ts';
import { measured } from '../rounds/rounds.ts';
import type { SectionResult } from './section.ts';

export interface RollingRestartsSample {
  /** Requests with nothing else going on than streams. */
  calm: LoadResult;
  restarted: LoadResult;
  /** Open all the time. */
  streams: LoadResult;
  /** How long each restart took. */
  restartSeconds: readonly number[];
  /** Connections that found the queue of the port full, on the whole machine. */
  listenDrops: number;
}

export function rollingRestartsResult(
  sample: RollingRestartsSample,
  wanted: number,
  problems: readonly string[],
): SectionResult {
  const { calm, restarted, streams, restartSeconds, listenDrops } = sample;
  const restarts = restartSeconds.length;
  const goals = {
    lost: { what: `requests failed, cut or refused, ${restarts} restarts`, unit: '', must: { atMost: 0 } },
    p99: { what: 'p99 up by', unit: '%', must: { atMost: 20 } },
  } as const satisfies Record<string, Goal>;
  const lost = badIn(restarted) + badIn(streams);
  const p99 = ({ latencyUs }: LoadResult): number[] => (latencyUs === null ? [] : [latencyUs.p99]);
  const [before, during] = [p99(calm)[0], p99(restarted)[0]];
  const up = before === undefined || during === undefined ? [] : [(during / before - 1) * 100];
  const found = [
    loadProblem(calm, 'requests before'),
    loadProblem(restarted, 'requests'),
    loadProblem(streams, 'streams'),
  ].filter((problem) => problem !== undefined);
  return {
    rows: [
      { goal: goals.lost, measured: { kind: 'measured', value: lost, low: lost, high: lost } },
      { goal: goals.p99, measured: measured(up) },
    ],
    figures: [
      { name: 'a rolling restart', unit: 's', samples: restartSeconds },
      ...latencies('without restarts', calm),
      ...latencies('during restarts', restarted),
    ],
    notes: [
      `${restarts} restarts${restarts < wanted ? `, as fits into the time; --rounds ${wanted} makes all` : ''}`,
      `${restarted.sent} requests meanwhile, and ${streams.sent} streams in all`,
      ...(listenDrops > 0 ? [`${listenDrops} connections found a full queue, on the whole machine`] : []),
    ],
    problems: [...problems, ...found],
  };
}

function latencies(when: string, { latencyUs }: LoadResult): SectionResult['figures'] {
  if (latencyUs === null) return [];
  return (['p50', 'p90', 'p99', 'max'] as const).map((quantile) => ({
    name: `${quantile} ${when}`,
    unit: 'ms',
    samples: [latencyUs[quantile] / 1_000],
  }));
}

/** Everything but a whole answer with 200. */
function badIn({ sent, errors, statuses, stream }: LoadResult): number {
  const answered = statuses['200'] ?? 0;
  // What was refused was never sent, and a stream may end badly under a good status.
  return errors.connect + (sent - answered) + Math.max(stream.unfinished, stream.brokenOff);
}
