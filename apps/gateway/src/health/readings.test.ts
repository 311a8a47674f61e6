import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Deadlines } from '../deadlines.ts';
import { backendOf } from '../gateway.fixture.ts';
import { Outbox } from '../outbox.ts';
import { Replica } from '../routing/replica.ts';
import { ReplicaConnections } from '../upstream/replica-connections.ts';
import { engineLoad } from './engine-load.ts';
import { Readings } from './readings.ts';

/** Nothing here opens a connection. */
const connections = new ReplicaConnections({
  address: '127.0.0.1:1',
  now: () => 0,
  deadlines: new Deadlines({ everyMs: 1_000, now: () => 0 }),
  outbox: new Outbox(),
});

const metrics = (waiting: number) => `vllm:num_requests_running 1\nvllm:num_requests_waiting ${waiting}\n`;

function watched(answers: (string | undefined | Error)[]) {
  const replica = new Replica(
    { id: 'r-1', address: '127.0.0.1:1', state: 'serving' },
    backendOf({ revisionId: 'a', at: [], engine: 'vllm' }),
    connections,
  );
  let asked = 0;
  const readings = new Readings({
    reading: engineLoad,
    fetchText: async (_, path) => {
      const answer = answers[asked++];
      if (answer instanceof Error) throw answer;
      return path === '/metrics' ? answer : undefined;
    },
    now: () => Date.now(),
    random: () => 0.5,
  });
  readings.watch(replica);
  return { replica, readings, asked: () => asked };
}

describe('asking engines for their load', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 0 }));
  afterEach(() => void jest.useRealTimers());

  test('at once, and then every second', async () => {
    const { replica, readings, asked } = watched([metrics(1), metrics(2), metrics(3)]);
    await jest.advanceTimersByTimeAsync(0);
    expect(replica.load).toEqual({ running: 1, waiting: 1, kvUse: null, adapters: null, at: 0 });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(replica.load).toMatchObject({ waiting: 2, at: 1_000 });
    readings.forget(replica);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a failure leaves the last reading, and who is silent is asked less often', async () => {
    const { replica, readings, asked } = watched([metrics(1), new Error('reset'), undefined, metrics(4)]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked()).toBe(2);
    await jest.advanceTimersByTimeAsync(9_999);
    expect(asked()).toBe(2);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(replica.load).toMatchObject({ waiting: 1, at: 0 });
    await jest.advanceTimersByTimeAsync(1);
    expect(replica.load).toMatchObject({ waiting: 4, at: 21_000 });
    readings.forget(replica);
  });

  test('an answer that comes too late changes nothing', async () => {
    const { replica, readings } = watched([metrics(1)]);
    readings.forget(replica);
    await jest.advanceTimersByTimeAsync(0);
    expect(replica.load).toBeNull();
  });
});
