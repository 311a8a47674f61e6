import { describe, expect, test } from '@jest/globals';
import type { Told } from '../admission/idempotency/answer-store.ts';
import type { ReplyOwner } from '../callers/reply.ts';
import { Deadlines } from '../deadlines.ts';
import { OpenQuestion } from './open-question.ts';

const fresh: Told = { kind: 'fresh', answering: { id: 'x' } };

/** A question that is open until 1,000, and what has come of it. */
function asked() {
  const came: string[] = [];
  const reply: { owner: ReplyOwner | undefined } = { owner: undefined };
  const deadlines = new Deadlines({ everyMs: 1, now: () => 0 });
  const { promise, resolve } = Promise.withResolvers<Told>();
  const question = new OpenQuestion({
    reply,
    deadlines,
    until: 1_000,
    settled: ({ kind }) => came.push(`settled ${kind}`),
    tooLate: ({ kind }) => came.push(`too late ${kind}`),
    cut: () => came.push('cut'),
  });
  question.ask(promise);
  const tell = async (told: Told): Promise<void> => {
    resolve(told);
    await promise;
  };
  return { came, reply, deadlines, question, tell };
}

describe('a call whose key is asked about', () => {
  test('waits, hears of its caller and has a deadline, and goes on with what it is told', async () => {
    const { came, reply, deadlines, question, tell } = asked();
    question.check(999);
    expect(came).toEqual([]);
    expect(reply.owner).toBe(question);
    expect([...deadlines]).toEqual([question]);
    await tell(fresh);
    expect(came).toEqual(['settled fresh']);
    expect(reply.owner).toBeUndefined();
    expect(deadlines.size).toBe(0);
  });

  test.each<{ name: string; first: (question: OpenQuestion) => void; want: string[] }>([
    { name: 'goes on without when its time is over', first: (it) => it.check(1_000), want: ['settled unknown'] },
    { name: 'is over when its caller leaves', first: (it) => it.callerLeft(), want: [] },
    { name: 'is told when the gateway must go', first: (it) => it.cutShort(), want: ['cut'] },
  ])('$name, and gives back a claim that comes later', async ({ first, want }) => {
    const { came, reply, deadlines, question, tell } = asked();
    first(question);
    expect(came).toEqual(want);
    expect(reply.owner).toBeUndefined();
    expect(deadlines.size).toBe(0);
    await tell(fresh);
    question.check(2_000);
    question.callerLeft();
    question.cutShort();
    expect(came).toEqual([...want, 'too late fresh']);
  });

  test('whoever answers the caller by then keeps it', async () => {
    const { reply, question, tell } = asked();
    const next: ReplyOwner = { callerLeft: () => undefined, callerReads: () => undefined };
    question.callerLeft();
    reply.owner = next;
    await tell(fresh);
    expect(reply.owner).toBe(next);
  });
});
