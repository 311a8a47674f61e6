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

/** The store, whose second looks are had when the test says so, and what it told last. */
function open() {
  const told: { worker: string; found: { id: string; found: { kind: string } } }[] = [];
  const waiting: (() => void)[] = [];
  const gone = new Set<string>();
  const answers = new WorkerAnswers<string>({
    now: () => 0,
    tell: (worker, found) => void told.push({ worker, found }),
    isAlive: (worker) => !gone.has(worker),
    after: (_, then) => void waiting.push(then),
  });
  const lookAgain = (): void => {
    for (const then of waiting.splice(0)) then();
  };
  const ask = (worker: string, question: ReturnType<typeof asks>) => {
    answers.asked(worker, question);
    lookAgain();
    return told.at(-1)?.found;
  };
  const end = (worker: string): void => {
    gone.add(worker);
    answers.ended(worker);
  };
  return { answers, told, lookAgain, ask, end };
}

describe('the answers of all workers', () => {
  test('an answer that is read after the question of a retry is given all the same', () => {
    const { answers, told, lookAgain, ask } = open();
    ask('a', asks('1'));
    answers.asked('b', asks('7'));
    expect(told).toHaveLength(1);
    answers.answered('a', keyAnswered('1'));
    lookAgain();
    expect(told.at(-1)).toEqual({
      worker: 'b',
      found: { kind: 'keyFound', id: '7', found: { kind: 'replay', answer } },
    });
  });

  test('one that has died before the second look claims nothing', () => {
    const { answers, told, lookAgain, ask, end } = open();
    ask('a', asks('1'));
    answers.asked('b', asks('7'));
    end('b');
    answers.freed('a', keyFreed('1'));
    lookAgain();
    expect(told).toHaveLength(1);
    expect(ask('c', asks('1'))?.found.kind).toBe('fresh');
  });

  test('a key that one worker holds is in flight for another, and then answered with the same bytes', () => {
    const { answers, ask } = open();
    expect(ask('a', asks('1'))).toEqual({ kind: 'keyFound', id: '1', found: { kind: 'fresh' } });
    expect(ask('b', asks('7'))).toEqual({ kind: 'keyFound', id: '7', found: { kind: 'inFlight' } });
    answers.answered('a', keyAnswered('1'));
    expect(ask('b', asks('8'))).toEqual({ kind: 'keyFound', id: '8', found: { kind: 'replay', answer } });
    expect(ask('b', asks('9', 'x', 'other'))?.found).toEqual({ kind: 'mismatch' });
  });

  test('what a worker answered stays when it is gone', () => {
    const { answers, ask, end } = open();
    ask('a', asks('1'));
    answers.answered('a', keyAnswered('1'));
    end('a');
    expect(ask('b', asks('1'))?.found.kind).toBe('replay');
  });

  test('what a worker held when it died is free, and what others hold is not', () => {
    const { ask, end } = open();
    ask('a', asks('1', 'x'));
    ask('a', asks('2', 'y'));
    ask('b', asks('1', 'z'));
    end('a');
    expect(['x', 'y', 'z'].map((key) => ask('c', asks(key, key))?.found.kind)).toEqual(['fresh', 'fresh', 'inFlight']);
  });

  test('a freed key is fresh, and the late answer to it is not kept', () => {
    const { answers, ask } = open();
    ask('a', asks('1'));
    answers.freed('a', keyFreed('1'));
    expect(ask('b', asks('1'))?.found.kind).toBe('fresh');
    answers.answered('a', keyAnswered('1'));
    expect(ask('a', asks('2'))?.found.kind).toBe('inFlight');
  });

  test('a number is the worker’s own: the same one of another worker is another claim', () => {
    const { answers, ask } = open();
    ask('a', asks('1'));
    answers.freed('b', keyFreed('1'));
    answers.answered('b', keyAnswered('1'));
    expect(ask('b', asks('2'))?.found.kind).toBe('inFlight');
  });
});
