import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Secret, silentLogger } from '@signalbox/runtime';
import { type TestDatabase, testDatabase } from '@signalbox/testkit/postgres';
import { createProducer, type JobProducer } from './producer.ts';
import { startRunner } from './runner.ts';

const id = '0192f1a0-0000-7000-8000-000000000001';
let database: TestDatabase;
let producer: JobProducer;
beforeAll(async () => {
  database = await testDatabase();
  producer = createProducer({ url: new Secret(database.url) }, silentLogger);
});
afterAll(async () => {
  await producer.close();
  await database.close();
});

test('wake-ups that arrive while the job runs make it run once more, not twice and not never', async () => {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const again = Promise.withResolvers<void>();
  let runs = 0;
  const runner = startRunner({
    connection: { url: new Secret(database.url) },
    concurrency: 4,
    log: silentLogger,
    handlers: {
      deployment: async () => {
        runs += 1;
        if (runs === 1) {
          started.resolve();
          await release.promise;
        } else again.resolve();
      },
    },
  });
  try {
    await producer.wake('deployment', { id });
    await started.promise;
    await producer.wake('deployment', { id });
    await producer.wake('deployment', { id });
    expect(runs).toBe(1);
    release.resolve();
    await again.promise;
  } finally {
    // Closing waits for whatever still runs: a third run would be counted.
    await runner.close();
  }
  expect(runs).toBe(2);
});

test('a queue that cannot be reached loses the wake-up, not the caller', async () => {
  const unreachable = createProducer({ url: new Secret('postgres://nobody@127.0.0.1:1/none') }, silentLogger);
  await expect(unreachable.wake('deployment', { id })).resolves.toBeUndefined();
  await unreachable.close();
});
