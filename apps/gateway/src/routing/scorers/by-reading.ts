import type { LoadReading } from '../../health/load-reading.ts';
import type { Candidate, ScoredRequest, Scorer } from '../candidates.ts';

const staleAfterMs = 5_000;

/**
 * What engines say is a correction of the gateway's own counts: a replica that is silent, or was too long ago, gets
 * the mean of the others, and is neither favoured nor punished for it. Without any reading all are equal.
 */
export function byReading(score: (reading: LoadReading, request: ScoredRequest) => number | null): Scorer {
  return (competitors, request, scores) => {
    let sum = 0;
    let known = 0;
    for (let index = 0; index < competitors.length; index++) {
      const { load } = competitors[index] as Candidate;
      const found = load === null || request.now - load.at > staleAfterMs ? null : score(load, request);
      // -1 stands for unknown until the mean is.
      scores[index] = found === null ? -1 : Math.min(1, Math.max(0, found));
      if (found === null) continue;
      sum += scores[index] as number;
      known++;
    }
    if (known === competitors.length) return;
    const mean = known === 0 ? 0.5 : sum / known;
    for (let index = 0; index < competitors.length; index++) if ((scores[index] as number) < 0) scores[index] = mean;
  };
}
