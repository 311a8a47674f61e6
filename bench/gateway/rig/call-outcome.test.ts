import { expect, test } from '@jest/globals';
import { type Outcome, outcomeOf, type Received } from './call-outcome.ts';

const frame = (number: number) =>
  `data: {"choices":[{"delta":{"content":"@${number.toString(16).padStart(8, '0')}f"}}]}\n\n`;
const frames = (...numbers: number[]) => numbers.map(frame).join('');
const error =
  'data: {"error":{"message":"The stream broke.","type":"server_error","param":null,"code":"upstream_failed"}}\n\n';
const done = 'data: [DONE]\n\n';
const stream = (text: string, change: Partial<Received> = {}): Received => ({
  isStream: true,
  status: 200,
  text,
  endedWell: true,
  error: '',
  ...change,
});

test.each<{ name: string; received: Received; want: Outcome['kind'] }>([
  { name: 'all frames and [DONE] are whole', received: stream(frames(0, 1, 2) + done), want: 'whole' },
  {
    name: 'an error event at the end is a stream broken well',
    received: stream(frames(0, 1) + error),
    want: 'brokenWell',
  },
  { name: 'two are not', received: stream(frames(0) + error + error), want: 'brokenBadly' },
  { name: 'nor one with [DONE] after it', received: stream(frames(0) + error + done), want: 'brokenBadly' },
  { name: 'nor one that says nothing', received: stream(`${frames(0)}data: {"error":{}}\n\n`), want: 'brokenBadly' },
  { name: 'nor one that is no JSON', received: stream(`${frames(0)}data: {"error":\n\n`), want: 'brokenBadly' },
  { name: 'nor half a frame before the end', received: stream(`${frames(0)}data: {"ch`), want: 'brokenBadly' },
  { name: 'nor silence', received: stream(frames(0, 1)), want: 'brokenBadly' },
  { name: 'nor a connection that breaks', received: stream(frames(0), { endedWell: false }), want: 'brokenBadly' },
  { name: 'nor a frame that comes twice', received: stream(frames(0, 1, 1) + error), want: 'brokenBadly' },
  { name: 'nor one left out', received: stream(frames(0, 2) + done), want: 'brokenBadly' },
  { name: 'nor one missing at the end', received: stream(frames(0, 1) + done), want: 'brokenBadly' },
  { name: 'an error status has failed', received: stream(error, { status: 502 }), want: 'failed' },
  { name: 'no answer has failed', received: stream('', { status: undefined }), want: 'failed' },
  { name: 'a head without a byte has failed', received: stream('', { endedWell: false }), want: 'failed' },
  { name: 'an ordinary answer is whole', received: stream('{}', { isStream: false }), want: 'whole' },
  { name: 'or cut', received: stream('{', { isStream: false, endedWell: false }), want: 'cut' },
])('$name', ({ received, want }) => {
  expect(outcomeOf(received, 3).kind).toBe(want);
});
