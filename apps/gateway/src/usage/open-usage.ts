import { join } from 'node:path';
import { type Logger, type Secret, systemClock } from '@signalbox/runtime';
import { UsageDelivery } from './delivery.ts';
import { SenderLock } from './sender-lock.ts';
import { Spool } from './spool.ts';
import { UsagePost } from './usage-post.ts';
import { thisWriter } from './writer-name.ts';

/** How long a gateway that stops goes on sending what it has. */
const lastSendMs = 3_000;

/** The books of one process: what it writes, and who takes that to the control plane. */
export function openUsage(options: {
  env: { SIGNALBOX_CONTROL_PLANE_URL: string; SIGNALBOX_GATEWAY_USAGE_MAX_BYTES: number };
  dataDir: string;
  gatewayId: string;
  bootId: string;
  token: Secret | { file: string };
  random: () => number;
  log: Logger;
}): { spool: Spool; start(): void; stop(): Promise<void> } {
  const { env, dataDir, gatewayId, bootId, token, random, log } = options;
  const folder = join(dataDir, 'usage');
  const maxBytes = env.SIGNALBOX_GATEWAY_USAGE_MAX_BYTES;
  const spool = new Spool({
    folder,
    gatewayId,
    writer: thisWriter(bootId),
    maxBytes,
    events: {
      failing: (error) => log.error('usage cannot be written to disk; it waits in memory', { error }),
      recovered: (merged) => log.info('usage is written to disk again', merged),
    },
  });
  const delivery = new UsageDelivery({
    folder,
    post: new UsagePost({ url: env.SIGNALBOX_CONTROL_PLANE_URL, gatewayId, token }),
    lock: new SenderLock(folder, thisWriter(bootId)),
    maxBytes,
    clock: systemClock,
    random,
    log,
  });
  return {
    spool,
    start: () => {
      spool.start();
      delivery.start();
    },
    stop: async () => {
      await spool.stop();
      delivery.retire(bootId);
      await delivery.stop(lastSendMs);
    },
  };
}
