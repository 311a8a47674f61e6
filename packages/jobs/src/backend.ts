import type { Secret } from '@signalbox/runtime';
import { createPostgresBackend, Queue, Worker, withBackend } from 'bullmq';

/** BullMQ keeps its tables apart from ours. */
const POSTGRES_SCHEMA = 'signalbox_jobs';
export const QUEUE_NAME = 'signalbox';

/**
 * A job whose process died is given to another one when its lock has run out: with BullMQ's 30 s, a killed control
 * plane left its deployment alone for a minute. Locks are renewed at half time, and two passes at once do no harm.
 */
const LOCK_MS = 4_000;
const STALLED_EVERY_MS = 2_000;

export interface QueueConnection {
  /** `postgres://…` (the default: the same database as the rest) or `redis://…`. */
  url: Secret;
}

const recovery = {
  lockDuration: LOCK_MS,
  stalledInterval: STALLED_EVERY_MS,
  maxStalledCount: 1_000,
  // After a broken connection: a database that restarts is back long before the default of 15 s.
  runRetryDelay: 1_000,
};

/** Builds queues and workers on the backend that the URL names. */
export function openBackend(connection: QueueConnection) {
  const url = connection.url.reveal();
  if (/^rediss?:/.test(url)) {
    return {
      queue: () => new Queue(QUEUE_NAME, { connection: { url } }),
      worker: (process: (name: string, data: unknown) => Promise<void>, concurrency: number) =>
        new Worker(QUEUE_NAME, (job) => process(job.name, job.data), {
          connection: { url, maxRetriesPerRequest: null },
          concurrency,
          ...recovery,
        }),
    };
  }
  const postgres = withBackend(createPostgresBackend);
  const options = { connectionString: url, schema: POSTGRES_SCHEMA, migrate: true, application_name: 'signalbox-jobs' };
  return {
    queue: () => new postgres.Queue(QUEUE_NAME, { connection: { ...options, max: 4 } }),
    worker: (process: (name: string, data: unknown) => Promise<void>, concurrency: number) =>
      new postgres.Worker(QUEUE_NAME, (job) => process(job.name, job.data), {
        connection: { ...options, max: 4 },
        concurrency,
        ...recovery,
      }),
  };
}
