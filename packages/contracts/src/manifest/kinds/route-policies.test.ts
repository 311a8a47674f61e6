import { describe, expect, test } from '@jest/globals';
import { manifestsIn, problemsIn } from '../testing/problems-in.ts';
import { manifest, type Row, rows } from '../testing/spoilt-specs.ts';

describe('what is wrong with the policies of a route', () => {
  test.each<Row>(
    rows('Route', {
      'limits of nothing, of something else, per something else': {
        spec:
          'deployment: chat\n' +
          'limits:\n' +
          '  - { of: tokens, per: minute, amount: 0 }\n' +
          '  - { of: token, per: hour, amount: 1.5 }\n' +
          '  - { of: concurrency, per: day, amount: 4 }\n' +
          '  - { of: requests, amount: 4 }\n' +
          '  - { of: requests, pre: day, amount: 4 }\n' +
          '  - tokens',
        want: [
          {
            message: 'expected a whole number from 1 to 1000000000000, got the number 0',
            path: 'spec.limits[0].amount',
            line: 7,
            column: 42,
          },
          {
            message: 'expected one of requests, inputTokens, outputTokens, tokens, concurrency, got "token"',
            path: 'spec.limits[1].of',
            line: 8,
            column: 13,
            allowed: ['requests', 'inputTokens', 'outputTokens', 'tokens', 'concurrency'],
            nearest: 'tokens',
          },
          {
            message: 'expected one of minute, day, got "hour"',
            path: 'spec.limits[1].per',
            line: 8,
            column: 25,
            allowed: ['minute', 'day'],
          },
          {
            message: 'expected a whole number from 1 to 1000000000000, got the number 1.5',
            path: 'spec.limits[1].amount',
            line: 8,
            column: 39,
          },
          {
            message: 'concurrency is how many at once, at any time: leave this out',
            path: 'spec.limits[2].per',
            line: 9,
            column: 31,
          },
          {
            message: 'missing: expected one of minute, day',
            path: 'spec.limits[3].per',
            line: 10,
            column: 7,
            allowed: ['minute', 'day'],
          },
          {
            message: 'there is no field "pre"',
            path: 'spec.limits[4].pre',
            line: 11,
            column: 23,
            allowed: ['of', 'per', 'amount'],
            nearest: 'per',
          },
          {
            message: 'expected a map, got "tokens"',
            path: 'spec.limits[5]',
            line: 12,
            column: 7,
          },
        ],
      },
      'two limits on one quantity': {
        spec:
          'deployment: chat\n' +
          'limits:\n' +
          '  - { of: tokens, per: minute, amount: 10 }\n' +
          '  - { of: tokens, per: day, amount: 20 }\n' +
          '  - { of: tokens, per: minute, amount: 30 }\n' +
          '  - { of: concurrency, amount: 1 }\n' +
          '  - { of: concurrency, amount: 2 }',
        want: [
          {
            message: 'tokens per minute is limited already in this list: keep one of them',
            path: 'spec.limits[2]',
            line: 9,
            column: 7,
          },
          {
            message: 'concurrency is limited already in this list: keep one of them',
            path: 'spec.limits[4]',
            line: 11,
            column: 7,
          },
        ],
      },
      'a queue of less than nothing, and no bound on waiting': {
        spec: 'deployment: chat\nqueue: { maxRequests: -1, maxBytes: 0 }',
        want: [
          {
            message: 'missing: expected a duration such as 90s, 10m or 1h30m and at most 30d',
            path: 'spec.queue.maxWait',
            line: 6,
            column: 3,
          },
          {
            message: 'expected a whole number from 0 to 100000, got the number -1',
            path: 'spec.queue.maxRequests',
            line: 6,
            column: 25,
          },
          {
            message: 'expected a size in bytes such as 16Gi, 500Mi or 2G, got the number 0',
            path: 'spec.queue.maxBytes',
            line: 6,
            column: 39,
          },
        ],
      },
      'a wait longer than a request may take': {
        spec:
          'deployment: chat\n' + 'timeouts: { total: 5s }\n' + 'queue: { maxRequests: 10, maxBytes: 1Mi, maxWait: 6s }',
        want: [
          {
            message: '6s is longer than timeouts.total, which is 5s',
            path: 'spec.queue.maxWait',
            line: 7,
            column: 53,
          },
        ],
      },
      'weights of scorers that nobody knows, or below nothing': {
        spec: 'deployment: chat\n' + 'routing: { weights: { prefixAfinity: 2, kvUse: -1, queue: much } }',
        want: [
          {
            message: 'there is no field "prefixAfinity"',
            path: 'spec.routing.weights.prefixAfinity',
            line: 6,
            column: 25,
            allowed: ['prefixAffinity', 'outstandingTokens', 'kvUse', 'queue', 'session', 'adapter'],
            nearest: 'prefixAffinity',
          },
          {
            message: 'expected a number from 0 to 100, got the number -1',
            path: 'spec.routing.weights.kvUse',
            line: 6,
            column: 50,
          },
          {
            message: 'expected a number from 0 to 100, got "much"',
            path: 'spec.routing.weights.queue',
            line: 6,
            column: 61,
          },
        ],
      },
      'a header without its name': {
        spec: 'deployment: chat\nsticky: { by: header }',
        want: [
          {
            message: 'missing: expected the name of the header',
            path: 'spec.sticky.name',
            line: 6,
            column: 3,
          },
        ],
      },
      'a key with a name': {
        spec: 'deployment: chat\nsticky: { by: key, name: x }',
        want: [
          {
            message: 'a key has no name here: leave this out',
            path: 'spec.sticky.name',
            line: 6,
            column: 28,
          },
        ],
      },
      'sticky by something else, with a name that no header can have': {
        spec: 'deployment: chat\nsticky: { by: cooky, name: "a b" }',
        want: [
          {
            message: 'expected one of key, header, cookie, got "cooky"',
            path: 'spec.sticky.by',
            line: 6,
            column: 17,
            allowed: ['key', 'header', 'cookie'],
          },
          {
            message: 'expected a name of letters, digits and signs such as "-" and "_", got "a b"',
            path: 'spec.sticky.name',
            line: 6,
            column: 30,
          },
        ],
      },
      'shadows without a version, and more than there are requests': {
        spec: 'deployment: chat\nshadow: { verson: v4, percent: 101 }',
        want: [
          {
            message:
              'missing: expected a version: at most 63 lower-case letters, digits, "." and "-", not starting with a sign',
            path: 'spec.shadow.version',
            line: 6,
            column: 3,
          },
          {
            message: 'there is no field "verson"',
            path: 'spec.shadow.verson',
            line: 6,
            column: 13,
            allowed: ['version', 'percent', 'maxConcurrent'],
            nearest: 'version',
          },
          {
            message: 'expected a percentage above 0 and at most 100, such as 5 or 0.25, got the number 101',
            path: 'spec.shadow.percent',
            line: 6,
            column: 34,
          },
        ],
      },
      'shadows of nearly nothing': {
        spec: 'deployment: chat\nshadow: { version: v4, percent: 0.001 }',
        want: [
          {
            message: 'expected a percentage above 0 and at most 100, such as 5 or 0.25, got the number 0.001',
            path: 'spec.shadow.percent',
            line: 6,
            column: 35,
          },
        ],
      },
      'shadows of which none may run': {
        spec: 'deployment: chat\nshadow: { version: v4, percent: 5, maxConcurrent: 0 }',
        want: [
          {
            message: 'expected a whole number from 1 to 10000, got the number 0',
            path: 'spec.shadow.maxConcurrent',
            line: 6,
            column: 53,
          },
        ],
      },
      'no origins, and half seconds': {
        spec: 'deployment: chat\ncors: { origins: [], headers: ["a:b"], maxAge: 1500ms }',
        want: [
          {
            message: 'write at least one origin',
            path: 'spec.cors.origins',
            line: 6,
            column: 11,
          },
          {
            message: 'expected a name of letters, digits and signs such as "-" and "_", got "a:b"',
            path: 'spec.cors.headers[0]',
            line: 6,
            column: 34,
          },
          {
            message: 'expected whole seconds, such as 10m',
            path: 'spec.cors.maxAge',
            line: 6,
            column: 50,
          },
        ],
      },
      'origins that browsers never send': {
        spec: 'deployment: chat\n' + 'cors: { origins: ["https://a.example/path", "*", HTTPS://A.example, "*"] }',
        want: [
          {
            message: 'expected an origin such as https://app.example.com, or *, got "https://a.example/path"',
            path: 'spec.cors.origins[0]',
            line: 6,
            column: 21,
          },
          {
            message: '* is every origin: leave the others out',
            path: 'spec.cors.origins[1]',
            line: 6,
            column: 47,
          },
          {
            message: 'expected an origin such as https://app.example.com, or *, got "HTTPS://A.example"',
            path: 'spec.cors.origins[2]',
            line: 6,
            column: 52,
          },
          {
            message: '* is listed twice',
            path: 'spec.cors.origins[3]',
            line: 6,
            column: 71,
          },
        ],
      },
      'patterns that cannot be compiled, or match everywhere': {
        spec: 'deployment: chat\n' + 'capture: { percent: 0, redact: ["(", "a*", "[0-9]+", ""] }',
        want: [
          {
            message: 'expected a percentage above 0 and at most 100, such as 5 or 0.25, got the number 0',
            path: 'spec.capture.percent',
            line: 6,
            column: 23,
          },
          {
            message: 'this cannot be read as a regular expression: unterminated group',
            path: 'spec.capture.redact[0]',
            line: 6,
            column: 35,
          },
          {
            message: 'this matches no text at all, and so everywhere: leave out what is optional, such as * for +',
            path: 'spec.capture.redact[1]',
            line: 6,
            column: 40,
          },
          {
            message: 'expected a regular expression, got ""',
            path: 'spec.capture.redact[3]',
            line: 6,
            column: 56,
          },
        ],
      },
      'a body that no gateway would hold': {
        spec: 'deployment: chat\nmaxBodySize: 2Gi',
        want: [
          {
            message: 'larger than 1Gi',
            path: 'spec.maxBodySize',
            line: 6,
            column: 16,
          },
        ],
      },
    }),
  )('$name', ({ text, want }) => expect(problemsIn(text)).toEqual(want));
});

describe('the limits of a project', () => {
  test('are refused like those of a route', () => {
    const text = manifest('Project', 'limits: [{ of: requests, per: day, amount: -5 }]');
    expect(problemsIn(text)).toMatchObject([{ path: 'spec.limits[0].amount', line: 5, column: 46 }]);
  });
});

describe('what says nothing', () => {
  test.each([
    'limits: []',
    'limits: null',
    'routing: { weights: {} }',
    'sticky: null',
    'shadow: null',
    'maxBodySize: null',
  ])('%s is the same as left out', (spec) => {
    const without = manifestsIn(manifest('Route', 'deployment: chat'));
    expect(manifestsIn(manifest('Route', `deployment: chat\n${spec}`))).toStrictEqual(without);
  });
});
