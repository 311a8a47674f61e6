import { describe, expect, test } from '@jest/globals';
import type { Outcome } from './send.ts';
import { judge, tally } from './tally.ts';

function outcome(change: Partial<Outcome> = {}): Outcome {
  return {
    index: 0,
    stream: true,
    wantedTokens: 10,
    sentAt: 1_000,
    firstByteAt: 1_020,
    endedAt: 1_100,
    status: 200,
    revision: 'chat/1',
    version: 'v1',
    replica: 'r-1',
    requestId: 'id',
    tokens: 10,
    end: { kind: 'whole' },
    ...change,
  };
}

const lost = { kind: 'errorEvent', because: 'upstream_failed' } as const;
const killed = [{ replica: 'r-1', at: 1_050 }];

describe('a request', () => {
  test.each([
    { name: 'that is whole and long enough is served', seen: outcome(), kills: [], want: 'served' },
    { name: 'that is shorter than asked for failed', seen: outcome({ tokens: 9 }), kills: [], want: 'failed' },
    { name: 'without usage failed', seen: outcome({ tokens: null }), kills: [], want: 'failed' },
    {
      name: 'that was cut by the kill of its replica is told apart',
      seen: outcome({ end: lost }),
      kills: killed,
      want: 'cutByKill',
    },
    {
      name: 'that broke on another replica failed',
      seen: outcome({ end: lost, replica: 'r-2' }),
      kills: killed,
      want: 'failed',
    },
    {
      name: 'that began after the kill and broke failed',
      seen: outcome({ end: lost, sentAt: 1_060, firstByteAt: 1_070 }),
      kills: killed,
      want: 'failed',
    },
    {
      name: 'that had not begun when its replica was killed failed: it could have gone elsewhere',
      seen: outcome({ end: { kind: 'refused', because: '502' }, status: 502, firstByteAt: 1_060 }),
      kills: killed,
      want: 'failed',
    },
  ])('$name', ({ seen, kills, want }) => {
    expect(judge(seen, kills)).toBe(want);
  });
});

test('a tally accounts for every request by revision and by cause', () => {
  const seen = [
    outcome(),
    outcome({ revision: 'chat/2', version: 'v2', stream: false }),
    outcome({ end: lost }),
    outcome({ end: { kind: 'refused', because: '503 no_replica' }, status: 503, revision: null }),
    outcome({ revision: null }),
  ];
  const result = tally(seen, killed);
  expect(result).toMatchObject({ sent: 5, served: 3, streamed: 4, failed: 1, cutByKill: 1, withoutRevision: 1 });
  expect(result.revisions).toMatchObject([
    { revision: 'chat/1', served: 1, cutByKill: 1, failed: 0, tokens: 10, ttftMs: { count: 1, p50: 20 } },
    { revision: 'chat/2', version: 'v2', served: 1, ttftMs: undefined, durationMs: { p50: 100 } },
  ]);
  expect(result.causes).toMatchObject([
    { verdict: 'cutByKill', cause: 'stream errorEvent after it had begun: upstream_failed', count: 1 },
    { verdict: 'failed', cause: 'stream refused before it began: 503 no_replica', count: 1 },
  ]);
});
