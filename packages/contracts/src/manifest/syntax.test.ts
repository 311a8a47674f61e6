import { describe, expect, test } from '@jest/globals';
import { MANIFEST_LIMITS } from './limits.ts';
import { parseManifests } from './parse-manifests.ts';
import { completeManifests } from './testing/complete-manifests.ts';
import { problemsIn } from './testing/problems-in.ts';

const model = 'apiVersion: signalbox.dev/v1\nkind: Model\nmetadata: { name: m }\n';

describe('text that is no YAML is refused where it breaks', () => {
  test.each([
    { name: 'a tab as indentation', text: 'a:\n\tb: 1\n', line: 2, column: 1, message: /tab/ },
    { name: 'an open bracket', text: 'a: [1, 2\nb: 3\n', line: 2, column: 1, message: /bracket|indentation/ },
    { name: 'an open quote', text: 'a: "b\n', line: 2, column: 1, message: /quote/ },
    {
      name: 'indentation that fits nothing',
      text: 'a:\n    b: 1\n  c: 2\n',
      line: 3,
      column: 1,
      message: /indentation/,
    },
    { name: 'a map behind a value', text: 'a: b: c\n', line: 1, column: 4, message: /quotes/ },
    { name: 'a key without a colon', text: 'a: 1\nb\nc: 2\n', line: 2, column: 1, message: /colon/ },
    { name: 'a value that starts with @', text: 'a: @b\n', line: 1, column: 4, message: /quotes/ },
    { name: 'a bad escape', text: 'a: "\\d"\n', line: 1, column: 5, message: /escape/ },
    { name: 'a tag', text: `${model}spec: !secret x\n`, line: 4, column: 7, message: /tags/ },
    { name: 'a known tag of old', text: `${model}spec: !!binary eA==\n`, line: 4, column: 7, message: /tags/ },
    { name: 'a key that is a list', text: '? [a, b]\n: c\n', line: 1, column: 3, message: /key/ },
    {
      name: 'a key written twice',
      text: `${model}spec:\n  licence: a\n  licence: b\n`,
      line: 6,
      column: 3,
      message: /twice/,
    },
    {
      name: 'a key written twice in JSON',
      text: '{"kind": "Model", "kind": "Pool"}',
      line: 1,
      column: 19,
      message: /twice/,
    },
    { name: 'a merge key', text: `${model}x: &x { a: 1 }\nspec: { <<: *x }\n`, line: 5, column: 9, message: /merge/ },
    {
      name: '__proto__',
      text: `${model}spec: { __proto__: { a: 1 } }\n`,
      line: 4,
      column: 9,
      message: /cannot be a key/,
    },
    { name: 'an alias of nothing', text: `${model}spec: *x\n`, line: 4, column: 7, message: /no anchor/ },
    { name: 'an alias of what comes later', text: 'a: *x\nb: &x 1\n', line: 1, column: 4, message: /no anchor/ },
    { name: 'an alias that contains itself', text: 'a: &a\n  b: [*a]\n', line: 2, column: 7, message: /itself/ },
    { name: 'another version of YAML', text: `%YAML 1.1\n---\n${model}`, line: 2, column: 1, message: /1\.2/ },
    { name: 'NUL', text: `${model}spec: { licence: a\0b }`, line: 4, column: 19, message: /NUL/ },
    { name: 'an escaped NUL', text: `${model}spec: { licence: "a\\0b" }`, line: 4, column: 18, message: /NUL/ },
    { name: 'half a character', text: `${model}spec: { licence: "\\ud800" }`, line: 4, column: 18, message: /half/ },
    {
      name: 'bytes that are not UTF-8',
      text: `${model}spec: { licence: \ufffd }`,
      line: 4,
      column: 18,
      message: /UTF-8/,
    },
    {
      name: 'a mark between joined files',
      text: `${model}---\n\ufeff${model}`,
      line: 5,
      column: 1,
      message: /byte order/,
    },
    { name: 'a control character', text: 'a: \u001b[31m\n', line: 1, column: 4, message: /U\+001B/ },
    {
      name: 'nesting without end',
      text: '['.repeat(100_000),
      line: 1,
      column: expect.any(Number),
      message: /deep|bracket/,
    },
    {
      name: 'nesting beyond reason',
      text: `a: ${'['.repeat(60)}${']'.repeat(60)}`,
      line: 1,
      column: 54,
      message: /levels/,
    },
  ])('$name', ({ text, line, column, message }) => {
    const [problem] = problemsIn(text);
    expect(problem).toMatchObject({ line, column, message: expect.stringMatching(message) });
  });

  test('a broken document does not hide the problems of the others', () => {
    const lines = problemsIn(`kind: Modle\n---\na: "b"c\n---\nkind: Modle\n`).map(({ line }) => line);
    expect(new Set(lines)).toEqual(new Set([1, 3, 5]));
  });

  test('no message quotes the file where it is broken', () => {
    const text = `${model}spec:\n  password: "hunter2\n  token: hunter2: hunter2\n}hunter2\n`;
    expect(JSON.stringify(problemsIn(text))).not.toContain('hunter2');
  });
});

describe('too much of it is refused without reading it all', () => {
  test('50 MB of anything', () => {
    const parsing = parseManifests([{ file: 'a.yaml', text: 'a: b\n'.repeat(10_000_000) }]);
    expect(parsing).toMatchObject({
      problems: [{ file: 'a.yaml', line: 1, message: 'the file is larger than 5 MiB' }],
    });
  });

  test('characters of several bytes count as such', () => {
    const [problem] = problemsIn('ä'.repeat(MANIFEST_LIMITS.fileBytes / 2 + 1));
    expect(problem?.message).toBe('the file is larger than 5 MiB');
  });

  test('the 1,001st document', () => {
    const documents = (count: number) =>
      Array.from({ length: count }, (_, i) => model.replace('m }', `m${i} }`)).join('---\n');
    expect(problemsIn(documents(1_000))).toEqual([]);
    const message = expect.stringContaining('more than 1000 documents');
    expect(problemsIn(documents(1_001))).toMatchObject([{ line: 4_001, message }]);
  });

  test('a billion laughs', () => {
    const tenfold = (name: string) => `[${Array(10).fill(name).join(', ')}]`;
    const levels = Array.from({ length: 10 }, (_, i) => `a${i + 1}: &a${i + 1} ${tenfold(`*a${i}`)}\n`);
    const problems = problemsIn(`a0: &a0 ha\n${levels.join('')}`);
    expect(problems).toMatchObject([{ message: 'the file holds too many values (aliases count each time)' }]);
  });

  test.each(['}', '*a\n', '%A\n', '"', '- a\n'])(
    '5 MiB of nothing but %j',
    (part) => {
      const problems = problemsIn(part.repeat(MANIFEST_LIMITS.fileBytes / part.length));
      expect(problems.length).toBeGreaterThan(0);
    },
    30_000,
  );
});

describe('whatever happens to a file on its way', () => {
  // Linear congruence is random enough here, and the seed in the test's name repeats a failure.
  function randomNumbers(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  }

  const original = new TextEncoder().encode(completeManifests);
  const nasty = [...'\0\t\n\r {}[]&*!|>"\'%@`#,:-?~<=.'].map((it) => it.charCodeAt(0));

  function mutate(below: (n: number) => number): string {
    let bytes = [...original];
    for (let changes = 1 + below(8); changes > 0; changes--) {
      const at = below(bytes.length);
      const byte = below(2) === 0 ? below(256) : (nasty[below(nasty.length)] ?? 0);
      const chance = below(5);
      if (chance === 0) bytes.splice(at, 1 + below(20));
      else if (chance === 1) bytes.splice(at, 0, byte);
      else if (chance === 2) bytes.splice(at, 0, ...bytes.slice(below(bytes.length)).slice(0, below(200)));
      else if (chance === 3 && below(10) === 0) bytes = bytes.slice(0, at + 1);
      else bytes[at] = byte;
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes));
  }

  test.each([1, 20_261, 4_294_967])(
    'it is read or refused with places, never a throw (seed %i)',
    (seed) => {
      const below = randomNumbers(seed);
      for (let round = 0; round < 150; round++) {
        const text = mutate(below);
        const problems = problemsIn(text);
        const lines = text.split('\n').length;
        for (const { line, column, message } of problems) {
          expect({ round, line, column, message }).toMatchObject({ round, message: expect.stringMatching(/./) });
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }
    },
    60_000,
  );
});
