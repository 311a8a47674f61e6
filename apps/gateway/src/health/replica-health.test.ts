import { describe, expect, test } from '@jest/globals';
import {
  afterConnectError,
  afterFailedCheck,
  afterGoodAnswer,
  afterGoodCheck,
  afterServerError,
  afterSilence,
  freshHealth,
  isOldNews,
  type ReplicaHealth,
} from './replica-health.ts';

type Step = [at: number, what: (health: ReplicaHealth, now: number) => ReplicaHealth];
const play = (...steps: Step[]) => steps.reduce((health, [at, what]) => what(health, at), freshHealth);
const times = (count: number, at: number, what: Step[1]): Step[] => Array.from({ length: count }, () => [at, what]);

describe('ejection', () => {
  test.each<{ name: string; steps: Step[]; admitted: boolean; until: number | null }>([
    { name: 'a new replica is not admitted yet', steps: [], admitted: false, until: null },
    { name: 'one good check admits it', steps: [[0, afterGoodCheck]], admitted: true, until: null },
    {
      name: 'two failed checks are forgiven',
      steps: [
        [0, afterGoodCheck],
        ...times(2, 1, afterFailedCheck),
        [2, afterGoodCheck],
        ...times(2, 3, afterFailedCheck),
      ],
      admitted: true,
      until: null,
    },
    { name: 'three in a row eject', steps: times(3, 100, afterFailedCheck), admitted: false, until: 1_100 },
    { name: 'three connect errors eject', steps: times(3, 100, afterConnectError), admitted: false, until: 1_100 },
    { name: 'five 5xx eject', steps: times(5, 100, afterServerError), admitted: false, until: 1_100 },
    {
      name: 'a good answer makes up for one 5xx',
      steps: [...times(4, 100, afterServerError), [101, afterGoodAnswer], [102, afterServerError]],
      admitted: false,
      until: null,
    },
    {
      name: 'and not for all: streams of former times end well in a storm of errors',
      steps: [...times(4, 100, afterServerError), [101, afterGoodAnswer], ...times(2, 102, afterServerError)],
      admitted: false,
      until: 1_102,
    },
    {
      name: 'every third answer bad, for ever, does not',
      steps: Array.from({ length: 50 }, (): Step[] => [[0, afterServerError], ...times(2, 1, afterGoodAnswer)]).flat(),
      admitted: false,
      until: null,
    },
    {
      name: 'one silence ejects',
      steps: [
        [0, afterGoodCheck],
        [100, afterSilence],
      ],
      admitted: true,
      until: 1_100,
    },
    {
      name: 'a good check within the back-off does not bring it back',
      steps: [...times(5, 100, afterServerError), [1_099, afterGoodCheck]],
      admitted: true,
      until: 1_100,
    },
    {
      name: 'a good check after it does',
      steps: [...times(5, 100, afterServerError), [1_100, afterGoodCheck]],
      admitted: true,
      until: null,
    },
    {
      name: 'time alone does not',
      steps: [...times(5, 100, afterServerError), [9_000, afterFailedCheck]],
      admitted: false,
      until: 1_100,
    },
    {
      name: 'a relapse doubles the back-off',
      steps: [...times(5, 0, afterServerError), [1_000, afterGoodCheck], ...times(5, 2_000, afterServerError)],
      admitted: true,
      until: 4_000,
    },
    {
      name: 'a good minute forgets relapses',
      steps: [...times(5, 0, afterServerError), [1_000, afterGoodCheck], ...times(5, 61_000, afterServerError)],
      admitted: true,
      until: 62_000,
    },
  ])('$name', ({ steps, admitted, until }) => {
    const health = play(...steps);
    expect({ admitted: health.admitted, until: health.ejection?.until ?? null }).toEqual({ admitted, until });
  });

  test('streams from before it came back, that break only now, say nothing of it', () => {
    const back = play(...times(3, 100, afterConnectError), [1_100, afterGoodCheck]);
    expect([isOldNews(back, 99), isOldNews(back, 1_100)]).toEqual([true, false]);
    expect(isOldNews(freshHealth, 99)).toBe(false);
  });

  test('the back-off ends at thirty seconds', () => {
    let health = freshHealth;
    let now = 0;
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 3; i++) health = afterConnectError(health, now);
      now = health.ejection?.until ?? now;
      health = afterGoodCheck(health, now);
    }
    for (let i = 0; i < 3; i++) health = afterConnectError(health, now);
    expect(health.ejection?.until).toBe(now + 30_000);
  });
});
