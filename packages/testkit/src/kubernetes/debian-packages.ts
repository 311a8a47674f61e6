import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

type DebianPackage = { name: string; programs: readonly string[]; for: string };

const sbin = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export const cniPluginDir = '/usr/lib/cni';

const packages: readonly DebianPackage[] = [
  { name: 'containerd', programs: ['containerd', 'ctr', 'containerd-shim-runc-v2'], for: 'running pods' },
  { name: 'runc', programs: ['runc'], for: 'running containers' },
  {
    name: 'containernetworking-plugins',
    programs: ['bridge', 'host-local', 'loopback'].map((plugin) => path.join(cniPluginDir, plugin)),
    for: "pods' network",
  },
  {
    name: 'iptables',
    programs: ['iptables', 'iptables-save', 'iptables-restore'],
    for: 'cluster addresses of services',
  },
  { name: 'iproute2', programs: ['ip'], for: "nodes' networks" },
  { name: 'util-linux', programs: ['unshare'], for: 'namespaces' },
  { name: 'mount', programs: ['mount', 'umount'], for: "pods' volumes" },
];

export function missingPackages(): string[] {
  return packages.filter(({ programs }) => !programs.every(isPresent)).map(({ name }) => name);
}

/** Looks in the sbin folders too: an ordinary user's PATH lacks them. */
function isPresent(program: string): boolean {
  return path.isAbsolute(program) ? existsSync(program) : sbin.some((dir) => existsSync(path.join(dir, program)));
}

/** The PATH with which the cluster's parts run. */
export function systemPath(): string {
  return [...new Set([...(process.env.PATH ?? '').split(':'), ...sbin])].filter(Boolean).join(':');
}

/** Undefined when all is there, else what to tell the user. */
export function packagesProblem(): string | undefined {
  const missing = missingPackages();
  if (missing.length === 0) return undefined;
  const uses = packages.filter(({ name }) => missing.includes(name)).map((each) => `  ${each.name}: ${each.for}`);
  return [
    'Debian packages are missing:',
    ...uses,
    `Install them with "apt-get install --no-install-recommends ${missing.join(' ')}", or give --install as root.`,
  ].join('\n');
}

export function installPackages(say: (line: string) => void): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  say(`installing ${missing.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  execFileSync('apt-get', ['update', '-qq'], { env, stdio: [...stdio] });
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env, stdio: [...stdio] });
}
