import { existsSync, readdirSync } from 'node:fs';
import { stopLocalReplicas } from '@signalbox/clusters';
import { type Clock, silentLogger } from '@signalbox/runtime';
import type { DataFolder } from './data-folder.ts';

/** Replicas outlive the control plane by design; when all of Signalbox stops, they stop too, and come back with it. */
export async function stopReplicas(folder: DataFolder, clock: Clock): Promise<void> {
  const clusters = folder.in('cluster');
  if (!existsSync(clusters)) return;
  for (const name of readdirSync(clusters)) {
    await stopLocalReplicas({ stateDir: `${clusters}/${name}`, withinMs: 3_000, clock, log: silentLogger });
  }
}
