import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './gateway.fixture.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** The gateway as its users start it. */
export interface GatewayProcess {
  child: ChildProcess;
  /** What it logged, a line each, its workers included. */
  lines: () => string[];
  exit: Promise<number | null>;
  /** Of the workers, in the order in which they came to serve. */
  served: () => number[];
}

export function startGatewayProcess(env: Readonly<Record<string, string>>): GatewayProcess {
  const child = spawn(process.execPath, [main], {
    env: { SIGNALBOX_GATEWAY_PORT: '0', SIGNALBOX_GATEWAY_ADMIN_PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const lines = (): string[] => text.split('\n').filter((line) => line !== '');
  return {
    child,
    lines,
    exit: once(child, 'exit').then(([code]) => code as number | null),
    served: () =>
      lines().flatMap((line) => (line.includes('"worker serves"') ? [(JSON.parse(line) as { pid: number }).pid] : [])),
  };
}

export async function addressesOf({ lines }: GatewayProcess): Promise<{ url: string; port: number; admin: string }> {
  let found: { host: string; port: number; admin: string } | undefined;
  await until('it listens', () => {
    const line = lines().find((candidate) => candidate.includes('"listening"'));
    if (line !== undefined) found = JSON.parse(line);
    return found !== undefined;
  });
  return { url: `http://${found?.host}:${found?.port}`, port: found?.port ?? 0, admin: found?.admin ?? '' };
}

export async function untilReady(admin: string): Promise<void> {
  await until('it is ready', async () => (await fetch(`${admin}/readyz`)).status === 200, 20_000);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Returns when none of its processes writes to its folder any more. */
export async function killGatewayProcess({ child, exit, served }: GatewayProcess): Promise<void> {
  child.kill('SIGKILL');
  for (const pid of served()) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await exit;
  await until('its workers are gone', () => !served().some(isAlive));
}
