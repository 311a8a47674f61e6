import { join } from 'node:path';
import { type Logger, type Secret, systemClock } from '@signalbox/runtime';
import { UsageDelivery } from './delivery.ts';
import { SenderLock } from './sender-lock.ts';
import { Spool } from './spool.ts';
import { UsagePost } from './usage-post.ts';
import { thisWriter } from './writer-name.ts';

interface UsageOptions {
  dataDir: string;
  gatewayId: string;
  bootId: string;
  maxBytes: number;
  log: Logger;
}

/** What this process writes of usage. */
export function openSpool({ dataDir, gatewayId, bootId, maxBytes, log }: UsageOptions): Spool {
  return new Spool({
    folder: folderIn(dataDir),
    gatewayId,
    writer: thisWriter(bootId),
    maxBytes,
    events: {
      failing: (error) => log.error('usage cannot be written to disk; it waits in memory', { error }),
      recovered: (merged) => log.info('usage is written to disk again', merged),
    },
  });
}

/** Takes what all processes of this gateway write, and have left behind, to the control plane. */
export function openDelivery(
  options: UsageOptions & { controlPlaneUrl: string; token: Secret | { file: string }; random: () => number },
): UsageDelivery {
  const { dataDir, gatewayId, bootId, maxBytes, controlPlaneUrl, token, random, log } = options;
  const folder = folderIn(dataDir);
  return new UsageDelivery({
    folder,
    post: new UsagePost({ url: controlPlaneUrl, gatewayId, token }),
    lock: new SenderLock(folder, thisWriter(bootId)),
    maxBytes,
    clock: systemClock,
    random,
    log,
  });
}

function folderIn(dataDir: string): string {
  return join(dataDir, 'usage');
}
