import { createLogger } from '@signalbox/runtime';
import type { Env } from './env.ts';
import { PrimaryLink } from './processes/primary-link.ts';
import { workersWanted } from './processes/process-count.ts';
import { openTrafficProcess } from './traffic-process.ts';
import { Worker } from './worker.ts';

/** When the primary is gone: nobody comes back to these connections, and the process should not stay for them. */
const idleMs = 1_000;

/** `place` is the worker's number among the gateway's. */
export async function runWorker(env: Env, place: number): Promise<void> {
  const gatewayId = env.SIGNALBOX_GATEWAY_ID ?? '';
  const log = createLogger({
    service: 'gateway',
    level: env.SIGNALBOX_LOG_LEVEL,
    format: env.SIGNALBOX_LOG_FORMAT,
  }).with({ gatewayId, worker: process.pid });
  // The primary decides when a worker ends. A terminal or a service manager signals all processes at once.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  // Whoever read what we log may be gone before we are.
  process.stderr.on('error', () => undefined);
  // Before anything is awaited: the first message may come at any time.
  const link = new PrimaryLink(process);
  const processes = Math.max(1, workersWanted(env.SIGNALBOX_GATEWAY_WORKERS));
  const own = await openTrafficProcess(env, { gatewayId, log, place, processes });
  own.start();
  const worker = new Worker({
    ...own.settings,
    link,
    metrics: own.metrics,
    drainMs: env.SIGNALBOX_GATEWAY_DRAIN_MS,
    idleMs,
    exit: () => void own.stop().finally(() => process.exit(0)),
  });
  worker.start();
}
