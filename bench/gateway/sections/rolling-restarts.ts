import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningGateway, startGateway } from '../contenders/gateway.ts';
import { type LoadOptions, type LoadResult, runLoad } from '../rig/load.ts';
import { LogTail } from '../rig/log-tail.ts';
import { smallBodies, streamBodies } from './bodies.ts';
import { type RollingRestartsSample, rollingRestartsResult } from './rolling-restarts-result.ts';
import type { Rig, Section } from './section.ts';

/** What the gateway itself takes on the one core that it has here; with more, one is replaced after the other. */
const workers = 1;
const wantedRestarts = 100;
const openStreams = 1_000;
/** Three seconds each. An old worker lives as long as its streams, and no more than two are left waiting for theirs. */
const stream = { frames: 6, intervalUs: 500_000, firstUs: 20_000 };
const rampMs = 3_000;
const connections = 64;
/**
 * Between restarts. A new worker's code is not compiled to the end yet: one after the other without a pause measures
 * workers that never get there, and at half load on one core a queue that only grows (53 restarts: two minutes long).
 */
const calmMs = 4_000;
/** Longer than any load should run, for those that are stopped. */
const withoutEndSeconds = 3_600;

export const rollingRestarts: Section = {
  name: 'rolling-restarts',
  title: `rolling restarts of ${workers} worker at half load, ${openStreams.toLocaleString('en-US')} streams open`,
  contenders: [],
  run: async (rig) => {
    const folder = join(rig.folder, 'rolling-restarts');
    const gateway = await startGateway({ folder, replicaPorts: rig.mock.ports, workers });
    try {
      const sample = await restartUnderLoad(rig, gateway);
      return rollingRestartsResult(sample, rig.rounds ?? wantedRestarts, []);
    } finally {
      await gateway.stop();
    }
  },
};

async function restartUnderLoad(rig: Rig, gateway: RunningGateway): Promise<RollingRestartsSample> {
  const requests = new Requests(rig, gateway);
  return besideStreams(rig, gateway, async () => {
    const rate = 0.5 * (await requests.mostPerSecond());
    rig.progress(`half load is ${Math.round(rate)} requests/s beside the streams`);
    const calm = await requests.during(rate, () => pause(rig.quick ? 2_000 : 10_000));
    rig.progress('measured without restarts');
    const drops = listenDrops();
    const restartSeconds: number[] = [];
    const restarted = await requests.during(rate, () => restartRepeatedly(rig, gateway, restartSeconds));
    return { calm, restarted, restartSeconds, listenDrops: listenDrops() - drops };
  });
}

async function restartRepeatedly(rig: Rig, gateway: RunningGateway, restartSeconds: number[]): Promise<void> {
  const log = new LogTail(gateway.logFile, ['rolling restart done', 'the rolling restart is given up']);
  const [most, seconds] = limitsOf(rig);
  const deadline = performance.now() + seconds * 1_000;
  while (restartSeconds.length < most && performance.now() < deadline) {
    restartSeconds.push(await restart(gateway, log, restartSeconds.length + 1));
    await pause(calmMs);
    if (restartSeconds.length % 10 === 0) rig.progress(`${restartSeconds.length} restarts`);
  }
  log.close();
}

/** How many restarts, and how long there may be new ones. */
function limitsOf({ rounds, quick }: Rig): [count: number, seconds: number] {
  if (rounds !== undefined) return [rounds, withoutEndSeconds];
  return quick ? [1, 60] : [wantedRestarts, 70];
}

async function restart({ pid }: RunningGateway, log: LogTail, count: number): Promise<number> {
  const since = performance.now();
  process.kill(pid, 'SIGHUP');
  const isOver = (): boolean => log.read().length >= count;
  await log.next(isOver, 60_000);
  const last = log.read()[count - 1];
  if (last?.message !== 'rolling restart done')
    throw new Error(`a rolling restart failed: ${last?.message ?? 'no end'}`);
  return (performance.now() - since) / 1_000;
}

/** Keeps all streams open for as long as `what` takes. */
async function besideStreams(
  rig: Rig,
  gateway: RunningGateway,
  what: () => Promise<Omit<RollingRestartsSample, 'streams'>>,
): Promise<RollingRestartsSample> {
  const isOver = new AbortController();
  const allOpen = Promise.withResolvers<void>();
  const streaming = runLoad({
    port: gateway.port,
    requestsFile: rig.requests(gateway, streamBodies(stream)),
    connections: openStreams,
    rampMs,
    frames: stream.frames,
    seconds: withoutEndSeconds,
    stopped: isOver.signal,
    whenAllOpen: allOpen.resolve,
  });
  try {
    await Promise.race([allOpen.promise, streaming]);
    const sample = await what();
    isOver.abort();
    return { ...sample, streams: await streaming };
  } finally {
    isOver.abort();
  }
}

/** Ordinary ones. */
class Requests {
  readonly #options: Pick<LoadOptions, 'port' | 'requestsFile' | 'connections'>;

  constructor(rig: Rig, gateway: RunningGateway) {
    this.#options = { port: gateway.port, requestsFile: rig.requests(gateway, smallBodies()), connections };
  }

  /** In a closed loop. */
  async mostPerSecond(): Promise<number> {
    await runLoad({ ...this.#options, seconds: 1 });
    const { whole, seconds } = await runLoad({ ...this.#options, seconds: 2 });
    return whole / seconds;
  }

  /** In an open loop, until `what` is over. */
  async during(rate: number, what: () => Promise<void>): Promise<LoadResult> {
    const isOver = new AbortController();
    const requesting = runLoad({ ...this.#options, rate, seconds: withoutEndSeconds, stopped: isOver.signal });
    await what().finally(() => isOver.abort());
    return requesting;
  }
}

/** The kernel's count of connections that came while a port's queue was full. */
function listenDrops(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/netstat', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'));
  return Number(values.split(' ')[names.split(' ').indexOf('ListenDrops')] ?? 0);
}
