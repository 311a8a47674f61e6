import { writeFile } from 'node:fs/promises';
import { controlPlaneAddress, type NodeNetwork, serviceRange } from './addresses.ts';
import { run } from './processes.ts';

/** Once per cluster. Refuses the machine's own network namespace: it would be left with an odd address on `lo`. */
export async function createControlPlaneNetwork(): Promise<void> {
  const links: { ifname: string }[] = JSON.parse(await run('ip', ['-json', 'link', 'show']));
  if (links.some(({ ifname }) => /^(e(th|n)|wl)/.test(ifname))) {
    throw new Error('The test cluster starts only in a network namespace of its own: run it by with-kubernetes.ts.');
  }
  await run('ip', ['link', 'set', 'lo', 'up']);
  await run('ip', ['address', 'add', `${controlPlaneAddress}/32`, 'dev', 'lo']);
  // A packet to a service needs some route before it is rewritten to go to a pod.
  await run('ip', ['route', 'add', serviceRange, 'dev', 'lo', 'src', controlPlaneAddress]);
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
}

export async function createNodeNetwork({ bridge, address }: NodeNetwork): Promise<void> {
  await run('ip', ['link', 'add', bridge, 'type', 'bridge']);
  await run('ip', ['address', 'add', `${address}/24`, 'dev', bridge]);
  await run('ip', ['link', 'set', bridge, 'up']);
}

/** So that another cluster can be started in the same namespace. */
export async function removeNetworks(nodes: readonly NodeNetwork[]): Promise<void> {
  for (const { bridge } of nodes) await run('ip', ['link', 'delete', bridge]);
  await run('ip', ['route', 'delete', serviceRange]);
  await run('ip', ['address', 'delete', `${controlPlaneAddress}/32`, 'dev', 'lo']);
  for (const table of ['raw', 'mangle', 'nat', 'filter']) await run('iptables', ['-w', '10', '-t', table, '-F']);
}

/** Drops rather than unplugs: a lost machine answers nothing, while a missing route would answer "unreachable". */
export async function silenceNode({ bridge }: NodeNetwork): Promise<void> {
  for (const rule of silence(bridge)) await iptables('-I', rule);
}

export async function connectNode({ bridge }: NodeNetwork): Promise<void> {
  for (const rule of silence(bridge)) await iptables('-D', rule);
}

type Rule = { table: string; chain: string; match: readonly string[] };

function silence(bridge: string): readonly Rule[] {
  return [
    { table: 'raw', chain: 'PREROUTING', match: ['-i', bridge] },
    { table: 'mangle', chain: 'POSTROUTING', match: ['-o', bridge] },
  ];
}

async function iptables(change: '-I' | '-D', { table, chain, match }: Rule): Promise<void> {
  await run('iptables', ['-w', '10', '-t', table, change, chain, ...match, '-j', 'DROP']);
}
