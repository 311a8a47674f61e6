import { describe, expect, test } from '@jest/globals';
import { problemsIn } from '../testing/problems-in.ts';
import { deployment, type Row, rows } from '../testing/spoilt-specs.ts';

describe('what is wrong with a rollout policy', () => {
  test.each<Row>([
    ...rows('Deployment', {
      'what a later release brings': {
        spec: deployment(
          'scaling: { objective: { ttftP95: 800ms }, scaleToZeroAfter: 10m }\nrollout:\n  judge: { errors: { alpha: 0.01 } }\n  steps: [{ shadow: 10%, for: 10m }]',
        ),
        want: [
          {
            message: 'scaling by objective is not supported yet: leave it out',
            path: 'spec.scaling.objective',
            line: 8,
            column: 14,
          },
          {
            message: 'scaling to zero is not supported yet: leave it out',
            path: 'spec.scaling.scaleToZeroAfter',
            line: 8,
            column: 63,
          },
          { message: 'the judge is not supported yet: leave it out', path: 'spec.rollout.judge', line: 10, column: 5 },
          {
            message: 'a shadow step is not supported yet: leave it out',
            path: 'spec.rollout.steps[0].shadow',
            line: 11,
            column: 23,
          },
        ],
      },
      'weights that fall, repeat or leave their range': {
        spec: deployment('rollout: { steps: [{ weight: 50 }, { weight: 25 }, { weight: 25 }, { weight: 100 }] }'),
        want: [
          {
            message: 'weights rise from step to step: 25 does not come after 50',
            path: 'spec.rollout.steps[1].weight',
            line: 8,
            column: 48,
          },
          {
            message: 'weights rise from step to step: 25 does not come after 25',
            path: 'spec.rollout.steps[2].weight',
            line: 8,
            column: 64,
          },
        ],
      },
      'steps that are none': {
        spec: deployment(
          'rollout:\n  steps:\n    - { weight: 0 }\n    - {}\n    - { weight: 5, wait: 5m }\n    - { wait: 5m, for: 5m }\n    - { aproval: { role: a } }',
        ),
        want: [
          {
            message: 'expected a whole number from 1 to 100, got the number 0',
            path: 'spec.rollout.steps[0].weight',
            line: 10,
            column: 19,
          },
          {
            message: 'write one of weight, approval, wait',
            path: 'spec.rollout.steps[1]',
            line: 11,
            column: 9,
            allowed: ['weight', 'approval', 'wait'],
          },
          {
            message: 'write only one of these: weight, wait',
            path: 'spec.rollout.steps[2]',
            line: 12,
            column: 9,
            allowed: ['weight', 'approval', 'wait'],
          },
          {
            message: 'only a weight is held for a time: write wait: instead',
            path: 'spec.rollout.steps[3].for',
            line: 13,
            column: 26,
          },
          {
            message: 'there is no field "aproval"',
            path: 'spec.rollout.steps[4].aproval',
            line: 14,
            column: 11,
            allowed: ['weight', 'for', 'approval', 'wait'],
            nearest: 'approval',
          },
        ],
      },
      'a misspelt step alone': {
        spec: deployment('rollout: { steps: [{ weight: 5 }, { wheight: 50 }] }'),
        want: [
          {
            message: 'there is no field "wheight"',
            path: 'spec.rollout.steps[1].wheight',
            line: 8,
            column: 39,
            allowed: ['weight', 'for', 'approval', 'wait'],
            nearest: 'weight',
          },
        ],
      },
      'a step after the end': {
        spec: deployment('rollout: { steps: [{ weight: 100 }, { wait: 5m }] }'),
        want: [
          {
            message: 'a rollout ends with weight 100: nothing can come after it',
            path: 'spec.rollout.steps[1]',
            line: 8,
            column: 39,
          },
        ],
      },
      'steps for a strategy that has its own': {
        spec: deployment('rollout: { strategy: rolling, steps: [{ weight: 50 }] }'),
        want: [
          {
            message: 'steps belong to a canary; rolling has its own: leave them out',
            path: 'spec.rollout.steps',
            line: 8,
            column: 33,
          },
        ],
      },
      'percentages that were meant otherwise': {
        spec: deployment(
          'rollout: { gate: { maxErrorRateIncrease: 2, maxTtftIncrease: 20 percent, onNoData: waite } }',
        ),
        want: [
          {
            message: 'expected a percentage such as 2% (or 0.02), at most 100%, got the number 2',
            path: 'spec.rollout.gate.maxErrorRateIncrease',
            line: 8,
            column: 44,
          },
          {
            message: 'expected a percentage such as 2% (or 0.02), at most 1000%, got "20 percent"',
            path: 'spec.rollout.gate.maxTtftIncrease',
            line: 8,
            column: 64,
          },
          {
            message: 'expected one of wait, fail, got "waite"',
            path: 'spec.rollout.gate.onNoData',
            line: 8,
            column: 86,
            allowed: ['wait', 'fail'],
            nearest: 'wait',
          },
        ],
      },
    }),
  ])('$name', ({ text, want }) => expect(problemsIn(text)).toEqual(want));
});
