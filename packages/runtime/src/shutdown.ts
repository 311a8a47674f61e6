import type { Logger } from './logger.ts';

/** Steps run in the order they were added, each bounded: what takes requests first, what they need last. */
export interface Shutdown {
  add(name: string, stop: () => Promise<void> | void, timeoutMs?: number): void;
  /** Runs all steps once; later calls wait for the first. */
  run(reason: string): Promise<void>;
  /** Stops on SIGTERM and SIGINT and exits; a second signal exits at once. */
  onSignals(): void;
}

export function createShutdown(log: Logger): Shutdown {
  const steps: { name: string; stop: () => Promise<void> | void; timeoutMs: number }[] = [];
  let running: Promise<void> | undefined;

  async function runSteps(reason: string): Promise<void> {
    log.info('stopping', { reason });
    for (const step of steps) {
      try {
        await within(step.timeoutMs, Promise.resolve(step.stop()));
      } catch (error) {
        log.warn('a step of stopping failed', { step: step.name, error });
      }
    }
    log.info('stopped');
  }

  const run = (reason: string): Promise<void> => (running ??= runSteps(reason));
  return {
    add: (name, stop, timeoutMs = 5_000) => {
      steps.push({ name, stop, timeoutMs });
    },
    run,
    onSignals: () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.on(signal, () => {
          if (running !== undefined) process.exit(130);
          void run(signal).then(() => process.exit(0));
        });
      }
    },
  };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
