import { describe, expect, test } from '@jest/globals';
import { packed } from './answer-message.ts';
import { WorkerAnswers } from './worker-answers.ts';

const answer = packed({ status: 200, headers: ['a: b\r\n'], body: [Buffer.from([0, 255, 13, 10])] });
const asks = (id: string, key = 'x', fingerprint = 'print') => ({
  kind: 'keyAsked' as const,
  ...{ id, scope: 'k-1', key, fingerprint },
});
const keyAnswered = (id: string) => ({ kind: 'keyAnswered' as const, id, answer });
const keyFreed = (id: string) => ({ kind: 'keyFreed' as const, id });

describe('the answers of all workers', () => {
  test('a key that one worker holds is in flight for another, and then answered with the same bytes', () => {
    const answers = new WorkerAnswers<string>();
    expect(answers.asked('a', asks('1'), 0)).toEqual({ kind: 'keyFound', id: '1', found: { kind: 'fresh' } });
    expect(answers.asked('b', asks('7'), 1)).toEqual({ kind: 'keyFound', id: '7', found: { kind: 'inFlight' } });
    answers.answered('a', keyAnswered('1'));
    expect(answers.asked('b', asks('8'), 2)).toEqual({ kind: 'keyFound', id: '8', found: { kind: 'replay', answer } });
    expect(answers.asked('b', asks('9', 'x', 'other'), 3).found).toEqual({ kind: 'mismatch' });
  });

  test('what a worker answered stays when it is gone', () => {
    const answers = new WorkerAnswers<string>();
    answers.asked('a', asks('1'), 0);
    answers.answered('a', keyAnswered('1'));
    answers.ended('a');
    expect(answers.asked('b', asks('1'), 1).found.kind).toBe('replay');
  });

  test('what a worker held when it died is free, and what others hold is not', () => {
    const answers = new WorkerAnswers<string>();
    answers.asked('a', asks('1', 'x'), 0);
    answers.asked('a', asks('2', 'y'), 0);
    answers.asked('b', asks('1', 'z'), 0);
    answers.ended('a');
    expect(['x', 'y', 'z'].map((key) => answers.asked('c', asks(key, key), 1).found.kind)).toEqual([
      'fresh',
      'fresh',
      'inFlight',
    ]);
  });

  test('a freed key is fresh, and the late answer to it is not kept', () => {
    const answers = new WorkerAnswers<string>();
    answers.asked('a', asks('1'), 0);
    answers.freed('a', keyFreed('1'));
    expect(answers.asked('b', asks('1'), 1).found.kind).toBe('fresh');
    answers.answered('a', keyAnswered('1'));
    expect(answers.asked('a', asks('2'), 2).found.kind).toBe('inFlight');
  });

  test('a number is the worker’s own: the same one of another worker is another claim', () => {
    const answers = new WorkerAnswers<string>();
    answers.asked('a', asks('1'), 0);
    answers.freed('b', keyFreed('1'));
    answers.answered('b', keyAnswered('1'));
    expect(answers.asked('b', asks('2'), 1).found.kind).toBe('inFlight');
  });
});
