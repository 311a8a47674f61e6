import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuSeconds } from '../../measure/cpu-time.ts';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { startGateway } from './gateway.ts';
import { findNginx, startNginx, version } from './nginx.ts';
import { pin, type Started } from './started.ts';

const connections = 32;
const proxyCpu = 0;
const loadCpu = 1;
const rest = ['the load generator and the upstream are Node programs of their own; their CPU does not count'];

export const gatewayCpu: Bench = {
  name: 'gateway-cpu',
  title: `CPU per request beside nginx: 600 B chat body, 475 B answer, keep-alive, ${connections} connections`,
  run,
};

async function run({ quick, nginx, progress }: BenchOptions): Promise<BenchResult> {
  if (process.platform !== 'linux') return { figures: [], notes: ['left out: CPU time is read from /proc, on Linux'] };
  const binary = findNginx(nginx);
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const stops: (() => void | Promise<void>)[] = [() => rmSync(dir, { recursive: true, force: true })];
  try {
    const upstream = await startUpstream();
    stops.unshift(upstream.stop);
    const gateway = await startGateway(dir, upstream.port);
    stops.unshift(gateway.stop);
    const rival = binary === undefined ? undefined : await startNginx(binary, dir, upstream.port);
    if (rival !== undefined) stops.unshift(rival.stop);
    const proxies = [{ name: 'gateway', of: gateway }, ...(rival === undefined ? [] : [{ name: 'nginx', of: rival }])];
    const pinned =
      availableParallelism() > 1 && proxies.every(({ of }) => pin(of.pid, proxyCpu)) && pin(upstream.pid, loadCpu);
    const costs = await measureRounds(proxies, gateway.key, { quick, pinned, progress });
    return resultOf(costs, binary, pinned);
  } finally {
    for (const stop of stops) await stop();
  }
}

type Costs = ReadonlyMap<string, { cpuUs: number[]; perSecond: number[] }>;

/** Rounds take turns, so that a machine that slows down slows both; the first round of each warms up and is dropped. */
async function measureRounds(
  proxies: readonly { name: string; of: Started }[],
  key: string,
  { quick, pinned, progress }: { quick: boolean; pinned: boolean; progress: BenchOptions['progress'] },
): Promise<Costs> {
  const [rounds, seconds] = quick ? [3, 2] : [9, 5];
  const costs = new Map(proxies.map(({ name }) => [name, { cpuUs: [] as number[], perSecond: [] as number[] }]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, of } of proxies) {
      const before = cpuSeconds(of.pid);
      const { requests, errors } = await load(of.port, key, seconds, pinned);
      const used = cpuSeconds(of.pid) - before;
      if (errors > 0) throw new Error(`${errors} of ${requests} requests through ${name} failed`);
      if (round === 0) continue;
      costs.get(name)?.cpuUs.push((used * 1e6) / requests);
      costs.get(name)?.perSecond.push(requests / seconds);
    }
    progress(`round ${round} of ${rounds}${round === 0 ? ' (warming up)' : ''}`);
  }
  return costs;
}

function resultOf(costs: Costs, binary: string | undefined, pinned: boolean): BenchResult {
  const cost = (name: string) => costs.get(name)?.cpuUs ?? [];
  const figures = [...costs].flatMap(([name, { cpuUs, perSecond }]) => [
    { name: `${name}, CPU per request`, unit: 'µs', samples: cpuUs },
    { name: `${name}, requests`, unit: '1/s', samples: perSecond },
  ]);
  const ratio = cost('gateway').flatMap((us, round) => {
    const rival = cost('nginx')[round];
    return rival === undefined ? [] : [us / rival];
  });
  const missing = 'nginx is not installed: apt-get install nginx, or --nginx PATH. No ratio without it';
  const words = 'gateway: key check, routing, metrics, a log line per request; nginx: one worker, no log, no checks';
  return {
    figures: [...figures, ...(binary === undefined ? [] : [{ name: 'gateway ÷ nginx', unit: '×', samples: ratio }])],
    notes: [
      binary === undefined ? missing : `nginx ${version(binary) ?? ''}; ${words}`,
      pinned
        ? `proxies pinned to CPU ${proxyCpu}, load and upstream to CPU ${loadCpu}`
        : 'not pinned: no taskset, or one CPU',
      ...rest,
    ],
  };
}

async function startUpstream(): Promise<Started> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'upstream.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  if (child.pid === undefined) throw new Error('the upstream did not start');
  return { port: Number(line.toString()), pid: child.pid, stop: () => void child.kill('SIGKILL') };
}

async function load(
  port: number,
  key: string,
  seconds: number,
  pinned: boolean,
): Promise<{ requests: number; errors: number }> {
  const node = [
    process.execPath,
    join(import.meta.dirname, 'load.ts'),
    String(port),
    key,
    String(seconds),
    String(connections),
  ];
  const [command = '', ...args] = pinned ? ['taskset', '-c', String(loadCpu), ...node] : node;
  const { stdout } = await promisify(execFile)(command, args);
  return JSON.parse(stdout) as { requests: number; errors: number };
}
