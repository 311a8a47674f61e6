import { describe, expect, test } from '@jest/globals';
import type { Answering, StoredAnswer } from './answer-store.ts';
import { StoredAnswers } from './stored-answers.ts';

const answer = (text: string): StoredAnswer => ({ status: 200, headers: ['a', 'b'], body: [Buffer.from(text)] });

function fresh(store: StoredAnswers, key: string, now = 0): Answering {
  const begun = store.begin('k-1', key, 'print', now);
  if (begun.kind !== 'fresh') throw new Error(`expected a fresh one, not ${begun.kind}`);
  return begun.answering;
}

describe('answers by idempotency key', () => {
  test('a key is fresh, then in flight, then answered again as it was', () => {
    const store = new StoredAnswers();
    const answering = fresh(store, 'x');
    expect(store.begin('k-1', 'x', 'print', 1)).toEqual({ kind: 'inFlight' });
    store.finish(answering, answer('hello'));
    expect(store.begin('k-1', 'x', 'print', 2)).toEqual({ kind: 'replay', answer: answer('hello') });
    expect(store.begin('k-1', 'x', 'print', 3)).toEqual({ kind: 'replay', answer: answer('hello') });
  });

  test.each<{ name: string; scope: string; key: string; print: string; want: string }>([
    { name: 'another request under the same key is told so', scope: 'k-1', key: 'x', print: 'other', want: 'mismatch' },
    { name: 'the key of another consumer is another key', scope: 'k-2', key: 'x', print: 'other', want: 'fresh' },
    { name: 'another key is fresh', scope: 'k-1', key: 'y', print: 'print', want: 'fresh' },
  ])('$name, in flight and answered', ({ scope, key, print, want }) => {
    for (const finished of [false, true]) {
      const store = new StoredAnswers();
      const answering = fresh(store, 'x');
      if (finished) store.finish(answering, answer('hello'));
      expect(store.begin(scope, key, print, 1).kind).toBe(want);
    }
  });

  test('what failed is done anew, and a late answer to it is not kept', () => {
    const store = new StoredAnswers();
    const first = fresh(store, 'x');
    store.abandon(first);
    const second = fresh(store, 'x');
    store.finish(first, answer('late'));
    expect(store.begin('k-1', 'x', 'print', 1).kind).toBe('inFlight');
    store.abandon(first);
    store.finish(second, answer('right'));
    expect(store.begin('k-1', 'x', 'print', 1)).toEqual({ kind: 'replay', answer: answer('right') });
  });

  test('answers and claims grow old, also those that were used since', () => {
    const store = new StoredAnswers({ maxAgeMs: 1_000 });
    store.finish(fresh(store, 'a', 0), answer('a'));
    store.finish(fresh(store, 'b', 500), answer('b'));
    fresh(store, 'c', 0);
    expect(store.begin('k-1', 'a', 'print', 999).kind).toBe('replay');
    expect(store.begin('k-1', 'a', 'print', 1_000).kind).toBe('fresh');
    expect(store.begin('k-1', 'c', 'print', 1_000).kind).toBe('fresh');
    expect(store.begin('k-1', 'b', 'print', 1_499).kind).toBe('replay');
    expect(store.begin('k-1', 'b', 'print', 1_500).kind).toBe('fresh');
    expect(store.bytes).toBe(0);
  });

  test('bytes are bounded: the least recently used goes first', () => {
    const store = new StoredAnswers({ maxBytes: 3_500 });
    for (const key of ['a', 'b', 'c']) store.finish(fresh(store, key), answer('x'.repeat(900)));
    expect(store.begin('k-1', 'a', 'print', 1).kind).toBe('replay');
    store.finish(fresh(store, 'd'), answer('x'.repeat(900)));
    expect(store.begin('k-1', 'b', 'print', 1).kind).toBe('fresh');
    expect(store.begin('k-1', 'a', 'print', 1).kind).toBe('replay');
    expect(store.bytes).toBeLessThanOrEqual(3_500);
    expect(store.bytes).toBeGreaterThan(2_700);
  });

  test('an answer that is too large is done anew', () => {
    const store = new StoredAnswers({ maxAnswerBytes: 1_000 });
    store.finish(fresh(store, 'a'), answer('x'.repeat(1_000)));
    expect(store.begin('k-1', 'a', 'print', 1).kind).toBe('fresh');
    expect(store.bytes).toBe(0);
  });

  test('too many at a time are answered as if they had no key', () => {
    const store = new StoredAnswers({ maxInFlight: 1 });
    fresh(store, 'a');
    store.finish(fresh(store, 'b'), answer('b'));
    expect(store.begin('k-1', 'b', 'print', 1).kind).toBe('fresh');
  });
});
