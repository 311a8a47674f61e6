import { createServer } from 'node:net';
import { StartRefused } from './data-folder.ts';
import type { Ports } from './options.ts';

const owners: Record<keyof Ports, { what: string; flag: string }> = {
  api: { what: 'the API', flag: '--port' },
  gateway: { what: 'the gateway', flag: '--gateway-port' },
  apiAdmin: { what: "the control plane's health and metrics", flag: '--port (ten below it)' },
  gatewayAdmin: { what: "the gateway's health and metrics", flag: '--gateway-port (ten below it)' },
};

/** Refuses, naming every port that is taken and the flag that changes it, before anything has started. */
export async function checkPorts(ports: Ports): Promise<void> {
  const names = Object.keys(owners) as (keyof Ports)[];
  const taken = (await Promise.all(names.map(async (name) => ((await isFree(ports[name])) ? [] : [name])))).flat();
  if (taken.length === 0) return;
  const lines = taken.map(
    (name) => `  ${ports[name]}, for ${owners[name].what}: choose another with ${owners[name].flag}`,
  );
  throw new StartRefused(`These ports of 127.0.0.1 are in use:\n${lines.join('\n')}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
