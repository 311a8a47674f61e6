import type { Client } from '@signalbox/client';
import { systemClock } from '@signalbox/runtime';
import { StartRefused } from './data-folder.ts';
import type { Ports } from './options.ts';
import type { Parts } from './start-parts.ts';

const READY_MS = 60_000;
const SERVING_MS = 60_000;
/** A part that died this often in a row will not come up by itself. */
const HOPELESS = 3;

/** Waits for `/readyz` of both parts, and says which log to read when one does not come up. */
export async function untilReady(parts: Parts, ports: Ports): Promise<void> {
  const deadline = systemClock.now() + READY_MS;
  const admins = [
    { part: parts.controlPlane, name: 'control plane', port: ports.apiAdmin },
    { part: parts.gateway, name: 'gateway', port: ports.gatewayAdmin },
  ];
  for (const { part, name, port } of admins) {
    while (!(await isReady(port))) {
      if (part.failures >= HOPELESS || systemClock.now() > deadline) {
        throw new StartRefused(`The ${name} did not come up. Its log: ${part.logFile}`);
      }
      await pause();
    }
  }
}

/** Waits until every deployment serves; one that doesn't is said, and does not keep the rest from being used. */
export async function untilServing(client: Client, say: (text: string) => void): Promise<void> {
  const deadline = systemClock.now() + SERVING_MS;
  for (;;) {
    const { items } = await client.listDeployments({ query: {} });
    // A first revision is stable once gateways have said that they send requests to it.
    const serves = ({ status }: (typeof items)[number]): boolean =>
      status.stable !== null && status.replicas.serving > 0;
    const waiting = items.filter((item) => !serves(item)).map((item) => item.metadata.name);
    if (waiting.length === 0) return;
    if (systemClock.now() > deadline) {
      say(`not serving yet: ${waiting.join(', ')} (see: npx signalbox explain ${waiting[0]})`);
      return;
    }
    await pause();
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
