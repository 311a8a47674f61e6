import type { Clock, Logger } from '@signalbox/runtime';

/**
 * Runs `work` now and then forever, never twice at once: the net under every lost hint. A failure is logged and the
 * next round tries again.
 */
export function startResync(options: {
  name: string;
  everyMs: number;
  work: () => Promise<void>;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const stopping = new AbortController();
  async function rounds(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await options.work();
      } catch (error) {
        options.log.warn('a resync round failed', { resync: options.name, error });
      }
      await options.clock.sleep(options.everyMs, stopping.signal);
    }
  }
  const running = rounds();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
