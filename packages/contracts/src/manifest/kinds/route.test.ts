import { describe, expect, test } from '@jest/globals';
import { problemsIn } from '../testing/problems-in.ts';
import { type Row, rows } from '../testing/spoilt-specs.ts';

describe('what is wrong with a route', () => {
  test.each<Row>([
    ...rows('Route', {
      'timeouts of nothing, a list of deployments, another access': {
        spec: 'deployment: [chat]\naccess: public\ntimeouts: { total: 0s, firstbyte: 1s }',
        want: [
          {
            message:
              'expected the name of a deployment: at most 40 characters of lower-case letters, digits and "-", starting and ending with a letter or digit, got a list',
            path: 'spec.deployment',
            line: 5,
            column: 3,
          },
          {
            message: 'expected one of keys, open, got "public"',
            path: 'spec.access',
            line: 6,
            column: 11,
            allowed: ['keys', 'open'],
          },
          {
            message: 'expected a duration such as 90s, 10m or 1h30m, at least 1ms and at most 30d, got "0s"',
            path: 'spec.timeouts.total',
            line: 7,
            column: 22,
          },
          {
            message: 'there is no field "firstbyte"',
            path: 'spec.timeouts.firstbyte',
            line: 7,
            column: 26,
            allowed: ['firstByte', 'betweenBytes', 'total'],
            nearest: 'firstByte',
          },
        ],
      },
      'a name that callers could not send': {
        spec: 'deployment: chat\nmodel: a b',
        want: [
          {
            message: 'expected a public model name: at most 128 letters, digits, ".", "_", "/" and "-", got "a b"',
            path: 'spec.model',
            line: 6,
            column: 10,
          },
        ],
      },
    }),
  ])('$name', ({ text, want }) => expect(problemsIn(text)).toEqual(want));
});
