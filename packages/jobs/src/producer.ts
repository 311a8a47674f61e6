import type { Logger } from '@signalbox/runtime';
import { openBackend, type QueueConnection } from './backend.ts';
import type { JobName, JobPayload } from './catalogue.ts';

export interface JobProducer {
  /**
   * Asks for a job to run soon. Asking again while it waits changes nothing; asking while it runs makes it run once
   * more. Never throws: a wake-up is a hint, and the periodic resync finds what a lost one would have told.
   */
  wake<N extends JobName>(name: N, payload: JobPayload<N>): Promise<void>;
  close(): Promise<void>;
}

export function createProducer(connection: QueueConnection, log: Logger): JobProducer {
  const queue = openBackend(connection).queue();
  queue.on('error', (error) => log.warn('the job queue is not reachable', { error }));
  return {
    wake: async (name, payload) => {
      try {
        await queue.add(name, payload, {
          // A plain jobId, or deduplication alone, loses a wake-up that arrives while the job is active.
          deduplication: { id: `${name}:${payload.id}`, keepLastIfActive: true },
          removeOnComplete: true,
          removeOnFail: true,
        });
      } catch (error) {
        log.warn('a wake-up was lost; the resync will find it', { job: name, id: payload.id, error });
      }
    },
    close: () => queue.close(),
  };
}
