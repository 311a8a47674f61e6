import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecordQueue } from './records.ts';

const everything = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const;

describe('records that wait to be sent', () => {
  test('are as they came, in order, whatever is taken from the front', () => {
    const record = fc.string({ unit: fc.constantFrom('a', 'b', '{', ','), minLength: 1, maxLength: 3_000 });
    const step = fc.record({ added: fc.array(record, { maxLength: 60 }), dropped: fc.nat(60), asText: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const queue = new RecordQueue();
        let wanted: string[] = [];
        for (const { added, dropped, asText } of steps) {
          for (const text of added) {
            if (asText) queue.addText(text);
            else queue.add(Buffer.from(`before${text}behind`), 6, 6 + text.length);
          }
          wanted = [...wanted, ...added].slice(dropped);
          queue.drop(Math.min(dropped, queue.count));
          expect(queue.count).toBe(wanted.length);
          const records = queue.first(...everything);
          expect(records.texts()).toEqual(wanted);
          expect(records.bytes.toString()).toBe(wanted.join(','));
        }
      }),
    );
  });

  test.each([
    { name: 'as many as may go at once', most: [2, 1_000], want: ['one', 'two'] },
    { name: 'as many as have room', most: [10, 8], want: ['one', 'two'] },
    { name: 'one that has no room, or nothing would ever go', most: [10, 1], want: ['one'] },
  ] as const)('$name', ({ most: [records, bytes], want }) => {
    const queue = new RecordQueue();
    for (const text of ['one', 'two', 'three']) queue.addText(text);
    expect(queue.first(records, bytes).texts()).toEqual(want);
  });

  test('parts of them, and parts of parts', () => {
    const queue = new RecordQueue();
    for (const text of ['a', 'b', 'c', 'd', 'e']) queue.addText(text);
    const part = queue.first(...everything).part(1, 4);
    expect([part.count, part.bytes.toString(), part.part(1, 3).texts()]).toEqual([3, 'b,c,d', ['c', 'd']]);
  });

  test('none', () => {
    const records = new RecordQueue().first(...everything);
    expect([records.count, records.bytes.length, records.texts()]).toEqual([0, 0, []]);
  });
});
