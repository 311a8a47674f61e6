import { describe, expect, test } from '@jest/globals';
import { coloursFor, wantsColour } from './colours.ts';
import { oneLine, printable } from './printable.ts';
import { problemLines } from './problems.ts';
import { renderTable } from './table.ts';
import { age, parseDuration, parseExpiry, parseSince, shortDuration } from './times.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('a table', () => {
  test('is aligned, without blanks at the end of lines, and marks what is empty', () => {
    const table = {
      titles: ['NAME', 'STATE', 'WHY'],
      rows: [
        ['chat', 'ok', ''],
        ['embeddings', 'ünklar', 'two\nlines'],
      ],
    };
    expect(renderTable(table, coloursFor(false))).toBe(
      ['NAME        STATE   WHY', 'chat        ok      -', 'embeddings  ünklar  two ⏎ lines'].join('\n'),
    );
  });

  test('stays aligned in colour', () => {
    const plain = renderTable({ titles: ['A', 'B'], rows: [['serving', 'x']] }, coloursFor(true));
    expect(plain).toContain('\u001b[32mserving\u001b[39m  x');
  });
});

describe('text from outside', () => {
  test('cannot steer the terminal', () => {
    expect(printable('a\u001b[2Jb\u001b]0;title\u0007c\u0008\u202ed')).toBe('abc\ufffd\ufffdd');
    expect(printable('tab\tline\nend')).toBe('tab\tline\nend');
    expect(oneLine('a\r\n  b')).toBe('a ⏎ b');
  });
});

describe('colour', () => {
  const env = { TERM: 'xterm' };
  test.each<{ name: string; facts: Parameters<typeof wantsColour>[0]; wanted: boolean }>([
    { name: 'at a terminal', facts: { terminal: true, declined: false, env }, wanted: true },
    { name: 'not in a file', facts: { terminal: false, declined: false, env }, wanted: false },
    { name: 'not with --no-color', facts: { terminal: true, declined: true, env }, wanted: false },
    { name: 'not with NO_COLOR', facts: { terminal: true, declined: false, env: { NO_COLOR: '1' } }, wanted: false },
    {
      name: 'an empty NO_COLOR says nothing',
      facts: { terminal: true, declined: false, env: { NO_COLOR: '' } },
      wanted: true,
    },
    {
      name: 'not at a dumb terminal',
      facts: { terminal: true, declined: false, env: { TERM: 'dumb' } },
      wanted: false,
    },
  ])('$name', ({ facts, wanted }) => {
    expect(wantsColour(facts)).toBe(wanted);
  });
});

describe('times', () => {
  test.each([
    [0, '0s'],
    [119_000, '119s'],
    [200_000, '3m20s'],
    [3_000_000, '50m'],
    [18_000_000, '5h'],
    [900_000_000, '10d'],
  ])('%d ms are %s', (ms, text) => {
    expect(shortDuration(ms)).toBe(text);
  });

  test('an age is never negative, whatever the clocks say', () => {
    expect(age('2026-03-01T12:00:05Z', NOW)).toBe('0s');
    expect(age(null, NOW)).toBe('-');
  });

  test('durations and moments are read, and refused when they make no sense', () => {
    expect(parseDuration('1h30m', '--timeout')).toBe(5_400_000);
    expect(() => parseDuration('30', '--timeout')).toThrow('--timeout 30: write a duration');
    expect(parseExpiry('2027-01-31', '--expires', NOW)).toBe('2027-01-31T00:00:00.000Z');
    expect(() => parseExpiry('2020-01-01', '--expires', NOW)).toThrow('has passed');
    expect(() => parseExpiry('2027-13-01', '--expires', NOW)).toThrow('no such moment');
    expect(parseSince('2026-02-01', '--from', NOW)).toBe('2026-02-01T00:00:00.000Z');
    expect(parseSince('36h', '--from', NOW)).toBe('2026-02-28T00:00:00.000Z');
    expect(() => parseSince('2026-02-31T99:00', '--from', NOW)).toThrow('no such moment');
  });
});

describe('problems', () => {
  test('are sorted by place, lines as numbers', () => {
    const at = (line: number) => ({ message: 'm', file: 'a.yaml', line, column: 1 });
    expect(problemLines([at(10), at(9), { message: 'general' }])).toEqual([
      'general',
      'a.yaml:9:1: m',
      'a.yaml:10:1: m',
    ]);
  });
});
