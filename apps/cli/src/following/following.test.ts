import { describe, expect, test } from '@jest/globals';
import { EXIT } from '../exit-code.ts';
import * as answers from '../testing/answers.ts';
import { worse } from './follow-deployments.ts';
import { Progress } from './progress.ts';
import { type DeploymentView, waitOutcome } from './wait-outcome.ts';

const { deployment } = answers;
const status = (changes: Partial<DeploymentView['status']>): DeploymentView => ({
  status: { ...deployment.status, ...changes },
});
const v3 = { revision: 3, version: 'v3' };

describe('a wait', () => {
  test.each<{ name: string; seen: DeploymentView; revision: number; end: number | 'going'; says: string }>([
    {
      name: 'goes on while the rollout does',
      seen: deployment,
      revision: 2,
      end: 'going',
      says: 'step 2 of 3, 25 % of traffic',
    },
    {
      name: 'ends when it is completed',
      seen: answers.endedWith('completed', null),
      revision: 2,
      end: EXIT.done,
      says: 'serves all traffic',
    },
    {
      name: 'ends when it is rolled back, with why',
      seen: answers.endedWith('rolledBack', 'too slow'),
      revision: 2,
      end: EXIT.rolledBack,
      says: 'was rolled back: too slow',
    },
    {
      name: 'has to wait for its rollout to begin',
      seen: status({ wanted: v3 }),
      revision: 3,
      end: 'going',
      says: 'to begin',
    },
    {
      name: 'ends when something newer is wanted',
      seen: status({ wanted: v3, rollout: null }),
      revision: 2,
      end: EXIT.refused,
      says: 'v3 (revision 3) is wanted now',
    },
    {
      name: 'ends where nothing had to be rolled out',
      seen: status({ rollout: null, wanted: { revision: 1, version: 'v1' } }),
      revision: 1,
      end: EXIT.done,
      says: 'v1 (revision 1) serves',
    },
    {
      name: 'ends when the deployment goes',
      seen: status({ phase: 'deleting' }),
      revision: 2,
      end: EXIT.refused,
      says: 'being deleted',
    },
  ])('$name', ({ seen, revision, end, says }) => {
    const outcome = waitOutcome(seen, revision);
    expect(outcome.kind === 'ended' ? outcome.exitCode : outcome.kind).toBe(end);
    expect(outcome.line).toContain(says);
  });

  test('for several ends with the worst', () => {
    expect(worse(worse(EXIT.done, EXIT.rolledBack), EXIT.stillGoingOn)).toBe(EXIT.rolledBack);
    expect(worse(EXIT.rolledBack, EXIT.refused)).toBe(EXIT.refused);
  });
});

describe('progress', () => {
  function shown(columns: number | null): string {
    const written: string[] = [];
    const progress = new Progress((text) => written.push(text), columns);
    progress.show('10 of 50', 'step 1');
    progress.show('10 of 50', 'step 1');
    progress.show('20 of 50', 'step 1');
    progress.show('next', 'step 2');
    progress.end();
    return written.join('');
  }

  test('is a line per change in a file', () => {
    expect(shown(null)).toBe('10 of 50\n20 of 50\nnext\n');
  });

  test('is written over at a terminal until the next milestone', () => {
    expect(shown(80)).toBe('\r\u001b[2K10 of 50\r\u001b[2K20 of 50\n\r\u001b[2Knext\n');
  });

  test('never wraps at a terminal', () => {
    expect(shown(6)).toContain('\u001b[2K10 o…');
  });
});
