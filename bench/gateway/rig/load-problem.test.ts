import { expect, test } from '@jest/globals';
import type { LoadResult } from './load.ts';
import { loadProblem } from './load-problem.ts';

const clean: LoadResult = {
  sent: 10,
  whole: 10,
  seconds: 1,
  cpuSeconds: 0.1,
  bodyBytes: 4_750,
  statuses: { 200: 10 },
  errors: { connect: 0, lost: 0, malformed: 0, timeout: 0 },
  stream: { frames: 0, lost: 0, disordered: 0, changed: 0, unfinished: 0, brokenOff: 0, other: 0 },
  latencyUs: null,
  firstByteUs: null,
  frameDelayUs: null,
};

test.each<{ name: string; result: LoadResult; want: string | undefined }>([
  { name: 'a run in which all was answered is fine', result: clean, want: undefined },
  {
    name: 'a quick refusal is a failed request, not a fast one',
    result: { ...clean, statuses: { 200: 6, 503: 4 } },
    want: 'nginx, of 10 requests: 4 with status 503',
  },
  {
    name: 'cut connections and lost frames are told',
    result: { ...clean, errors: { ...clean.errors, lost: 2 }, stream: { ...clean.stream, lost: 7 } },
    want: 'nginx, of 10 requests: 2 cut, 7 frames lost',
  },
  {
    name: 'changed frames are a note, not a failure',
    result: { ...clean, stream: { ...clean.stream, changed: 1 } },
    want: undefined,
  },
  {
    name: 'nothing sent is no success',
    result: { ...clean, sent: 0, statuses: {} },
    want: 'nginx, of 0 requests: not one request was sent',
  },
])('$name', ({ result, want }) => {
  expect(loadProblem(result, 'nginx')).toBe(want);
});
