import type { LoadReading } from '../../health/load-reading.ts';
import type { Candidate, Scorer } from '../candidates.ts';

const staleAfterMs = 5_000;
const fullQueue = 32;
/** Below it, how full a cache is says nothing of the next request. */
const roomyKvUse = 0.5;

/** 1 while the cache has room, 0 when it is full and the engine has to throw running requests out. */
export const kvUse: Scorer = byReading(({ kvUse }) =>
  kvUse === null ? null : 1 - Math.max(0, kvUse - roomyKvUse) / (1 - roomyKvUse),
);

/** 1 with nobody waiting, 0 from 32 on. Sees also what other gateways sent. */
export const queue: Scorer = byReading(({ waiting }) => (waiting === null ? null : 1 - waiting / fullQueue));

/**
 * What engines say is a correction of the gateway's own counts: a replica that is silent, or was too long ago, gets
 * the mean of the others, and is neither favoured nor punished for it. Without any reading all are equal.
 */
function byReading(score: (reading: LoadReading) => number | null): Scorer {
  return (competitors, { now }, scores) => {
    let sum = 0;
    let known = 0;
    for (let index = 0; index < competitors.length; index++) {
      const { load } = competitors[index] as Candidate;
      const found = load === null || now - load.at > staleAfterMs ? null : score(load);
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
