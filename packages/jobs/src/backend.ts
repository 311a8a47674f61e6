import type { Secret } from '@signalbox/runtime';
import { createPostgresBackend, Queue, Worker, withBackend } from 'bullmq';

/** BullMQ keeps its tables apart from ours. */
const POSTGRES_SCHEMA = 'signalbox_jobs';
export const QUEUE_NAME = 'signalbox';

export interface QueueConnection {
  /** `postgres://…` (the default: the same database as the rest) or `redis://…`. */
  url: Secret;
}

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
      }),
  };
}
