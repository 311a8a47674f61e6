import { describe, expect, test } from '@jest/globals';
import type { StoredAnswer, Told } from '../admission/idempotency/answer-store.ts';
import { maxAnswerBytes } from '../admission/idempotency/stored-answers.ts';
import { type FromWorker, parseFromWorker, parseToWorker } from './messages.ts';
import { PrimaryAnswers } from './primary-answers.ts';
import { WorkerAnswers } from './worker-answers.ts';

const answer: StoredAnswer = { status: 201, headers: ['a: b\r\n'], body: [Buffer.from([0, 255]), Buffer.from('ü')] };

/** A worker's end, and what it has said; answers come when the test gives them. */
function aWorker(): { answers: PrimaryAnswers; said: FromWorker[] } {
  const said: FromWorker[] = [];
  return { answers: new PrimaryAnswers((message) => said.push(message)), said };
}

/** Two workers whose channels to their primary carry JSON, as the real ones do. */
function twoWorkers(): PrimaryAnswers[] {
  const workers = new Map<string, PrimaryAnswers>();
  const primary = new WorkerAnswers<string>({
    now: () => 0,
    tell: (name, told) => {
      const message = parseToWorker(JSON.parse(JSON.stringify(told)));
      if (message?.kind === 'keyFound') workers.get(name)?.found(message);
    },
    isAlive: () => true,
    after: (_, then) => then(),
  });
  for (const name of ['a', 'b']) workers.set(name, joined(primary, name));
  return [...workers.values()];
}

function joined(primary: WorkerAnswers<string>, name: string): PrimaryAnswers {
  const heard = (text: string): void => {
    const message = parseFromWorker(JSON.parse(text));
    if (message?.kind === 'keyAnswered') primary.answered(name, message);
    else if (message?.kind === 'keyFreed') primary.freed(name, message);
    else if (message?.kind === 'keyAsked') primary.asked(name, message);
  };
  const answers = new PrimaryAnswers((message) => heard(JSON.stringify(message)));
  answers.kept();
  return answers;
}

function claimIn(told: Told): { id: string } {
  if (told.kind !== 'fresh') throw new Error(`expected a fresh one, not ${told.kind}`);
  return told.answering;
}

describe('the answers that the primary keeps', () => {
  test('come to one worker as another one gave them, byte for byte', async () => {
    const [a, b] = twoWorkers() as [PrimaryAnswers, PrimaryAnswers];
    const claim = claimIn(await a.begin('k-1', 'x', 'print'));
    expect(await b.begin('k-1', 'x', 'print')).toEqual({ kind: 'inFlight' });
    a.finish(claim, answer);
    const told = await b.begin('k-1', 'x', 'print');
    expect(told).toEqual({ kind: 'replay', answer: { ...answer, body: [Buffer.concat(answer.body)] } });
    expect(await b.begin('k-1', 'x', 'other')).toEqual({ kind: 'mismatch' });
  });

  test('one that is abandoned is fresh to the next worker', async () => {
    const [a, b] = twoWorkers() as [PrimaryAnswers, PrimaryAnswers];
    a.abandon(claimIn(await a.begin('k-1', 'x', 'print')));
    expect((await b.begin('k-1', 'x', 'print')).kind).toBe('fresh');
  });

  test('are not asked for before the primary has said that it keeps any', () => {
    const { answers, said } = aWorker();
    expect(answers.begin('k-1', 'x', 'print')).toEqual({ kind: 'unknown' });
    expect(said).toEqual([]);
  });

  test('each question gets its own answer, in whatever order they come', async () => {
    const { answers, said } = aWorker();
    answers.kept();
    const told = [answers.begin('k-1', 'x', 'print'), answers.begin('k-1', 'y', 'print')];
    const [first, second] = said.flatMap((message) => (message.kind === 'keyAsked' ? [message.id] : []));
    answers.found({ kind: 'keyFound', id: second ?? '', found: { kind: 'mismatch' } });
    answers.found({ kind: 'keyFound', id: first ?? '', found: { kind: 'inFlight' } });
    expect(await Promise.all(told)).toEqual([{ kind: 'inFlight' }, { kind: 'mismatch' }]);
  });

  test.each<{ name: string; bytes: number; want: FromWorker['kind'] }>([
    { name: 'an answer goes to the primary', bytes: maxAnswerBytes - 100, want: 'keyAnswered' },
    { name: 'one that is too large to be kept does not, but frees its key', bytes: maxAnswerBytes, want: 'keyFreed' },
  ])('$name', async ({ bytes, want }) => {
    const { answers, said } = aWorker();
    answers.kept();
    const told = answers.begin('k-1', 'x', 'print');
    answers.found({ kind: 'keyFound', id: '1', found: { kind: 'fresh' } });
    answers.finish(claimIn(await told), { ...answer, body: [Buffer.alloc(bytes)] });
    expect(said.at(-1)).toMatchObject({ kind: want, id: '1' });
  });

  test('a claim is ended once: what was abandoned is not answered as well', async () => {
    const { answers, said } = aWorker();
    answers.kept();
    const told = answers.begin('k-1', 'x', 'print');
    answers.found({ kind: 'keyFound', id: '1', found: { kind: 'fresh' } });
    const claim = claimIn(await told);
    answers.abandon(claim);
    answers.finish(claim, answer);
    answers.abandon(claim);
    expect(said.slice(1)).toEqual([{ kind: 'keyFreed', id: '1' }]);
  });

  test('with the primary gone open questions end, and no more are asked', async () => {
    const { answers, said } = aWorker();
    answers.kept();
    const told = answers.begin('k-1', 'x', 'print');
    answers.lost();
    expect(await told).toEqual({ kind: 'unknown' });
    expect(answers.begin('k-1', 'x', 'print')).toEqual({ kind: 'unknown' });
    expect(said).toHaveLength(1);
  });
});
