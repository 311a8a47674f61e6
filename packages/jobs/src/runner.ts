import type { Logger } from '@signalbox/runtime';
import { openBackend, type QueueConnection } from './backend.ts';
import { type JobHandlers, type JobName, jobCatalogue } from './catalogue.ts';

export interface JobRunner {
  /** Lets running jobs finish. */
  close(): Promise<void>;
}

/** Runs jobs, some side by side, never two with the same name and id at once. Payloads are parsed before use. */
export function startRunner(options: {
  connection: QueueConnection;
  handlers: JobHandlers;
  concurrency: number;
  log: Logger;
}): JobRunner {
  const { handlers, log } = options;
  const worker = openBackend(options.connection).worker(async (name, data) => {
    if (!isJobName(name)) return log.warn('an unknown job was dropped', { job: name });
    const payload = jobCatalogue[name].safeParse(data);
    if (!payload.success) return log.warn('a job with a broken payload was dropped', { job: name });
    await handlers[name](payload.data);
  }, options.concurrency);
  worker.on('error', (error) => log.warn('the job worker met an error', { error }));
  worker.on('failed', (job, error) => log.error('a job failed', { job: job?.name, error }));
  return { close: () => worker.close() };
}

function isJobName(name: string): name is JobName {
  return Object.hasOwn(jobCatalogue, name);
}
