import { expect, test } from '@jest/globals';
import { pickingNotMeasured, pickingResult } from './picking-result.ts';
import { blocksPerPrompt, conversations, promptOf } from './prompt-keys.ts';

const mib = 1_048_576;
const sample = (matchP99Us: number, foundShare = 1) => ({ matchP50Us: 1, matchP99Us, insertP99Us: 2, foundShare });

test('a pick is told by the median of its p99, memory in MiB, churn as growth', () => {
  const { rows, problems } = pickingResult([sample(12), sample(30), sample(13)], {
    heldBytes: 40 * mib,
    afterChurnBytes: 41 * mib,
  });
  expect(rows[0]?.measured).toEqual({ kind: 'measured', value: 13, low: 12, high: 30 });
  expect(rows[1]?.measured).toMatchObject({ value: 40 });
  expect(rows[2]?.measured).toMatchObject({ value: expect.closeTo(2.5) });
  expect(problems).toEqual([]);
});

test('an index that forgets is a problem, however fast', () => {
  const { problems } = pickingResult([sample(1, 0.2)], { heldBytes: mib, afterChurnBytes: mib });
  expect(problems).toHaveLength(1);
});

test('memory that was let go meanwhile hides what an index takes, which then is not measured', () => {
  const { rows } = pickingResult([sample(12)], { heldBytes: -5 * mib, afterChurnBytes: -4 * mib });
  expect(rows.map(({ measured }) => measured.kind)).toEqual(['measured', 'notMeasured', 'notMeasured']);
});

test('no index, no figure', () => {
  expect(pickingNotMeasured('gone').rows.map(({ measured }) => measured.kind)).toEqual(Array(3).fill('notMeasured'));
});

test('prompts share their system prompts and nothing else, a million blocks in all', () => {
  const keys = new Set<string>();
  for (let number = 0; number < 400; number++) {
    const { count, keys: words } = promptOf(number);
    expect(count).toBe(blocksPerPrompt);
    for (let block = 0; block < count; block++) keys.add(`${words[2 * block]},${words[2 * block + 1]}`);
  }
  expect(keys.size).toBe(40 * 50 + 400 * 200);
  expect(40 * 50 + conversations * 200).toBe(1_000_000);
});
