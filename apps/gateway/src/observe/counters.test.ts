import { describe, expect, test } from '@jest/globals';
import { TTFT_BOUNDS_MS } from '@signalbox/domain';
import { Counters } from './counters.ts';

describe('the counts for the report', () => {
  test('each count of the histogram holds all requests at or below its bound', () => {
    const counters = new Counters();
    const revision = counters.revision('route', 'rev');
    for (const ms of [0.4, 1, 1.5, 700, 100_000]) revision.firstToken(ms);
    const [row] = counters.revisions();
    expect(row?.ttft.count).toBe(5);
    expect(row?.ttft.sumMs).toBeCloseTo(100_702.9);
    expect(row?.ttft.counts).toHaveLength(TTFT_BOUNDS_MS.length + 1);
    expect(row?.ttft.counts.slice(0, 3)).toEqual([2, 3, 3]);
    expect(row?.ttft.counts[TTFT_BOUNDS_MS.indexOf(800)]).toBe(4);
    expect(row?.ttft.counts.at(-1)).toBe(5);
  });

  test('a new snapshot goes on counting where the last one stopped', () => {
    const counters = new Counters();
    counters.revision('route', 'rev').finished('error', 1, 0);
    const again = counters.revision('route', 'rev');
    again.finished('ok', 1, 20);
    again.finished('cancelled', 1, 3);
    again.finished('callerError', 1, 0);
    again.rescued();
    expect(counters.revisions()).toMatchObject([
      { routeId: 'route', revisionId: 'rev', requests: 4, errors: 1, cancelled: 1, rescued: 1, outputTokens: 23 },
    ]);
  });

  test('rows do not grow without bound', () => {
    const counters = new Counters();
    for (let number = 0; number < 6_000; number++) {
      counters.revision('route', `rev-${number}`);
      counters.revision('route', 'live');
    }
    const rows = counters.revisions();
    expect(rows).toHaveLength(5_000);
    expect(rows.some((row) => row.revisionId === 'live')).toBe(true);
  });
});
