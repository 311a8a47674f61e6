import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningGateway, servingReplica, startGateway } from '../contenders/gateway.ts';
import type { Outcome } from '../rig/call-outcome.ts';
import { Callers } from '../rig/callers.ts';
import { type LogLine, LogTail } from '../rig/log-tail.ts';
import { type Fault, faults, MockReplica } from '../rig/mock-replica.ts';
import { type LossSample, mustBeEjected, replicaLossResult } from './replica-loss-result.ts';
import type { Rig, Section, SectionResult } from './section.ts';

const replicas = 4;
const perSecond = 100;
const openStreams = 40;
/** Two seconds each. */
const stream = { frames: 40, intervalUs: 50_000, firstUs: 20_000 };
/** No stream breaks before its silent replica must have been found by other means. */
const timeouts = { firstByteMs: 20_000, betweenBytesMs: 5_000, totalMs: 60_000 };
/** The slow one answers 2 s late: so long it is watched. */
const slowForMs = 2_500;

export const replicaLoss: Section = {
  name: 'replica-loss',
  title: `1 of ${replicas} replicas lost in every way, under ${perSecond} requests/s and ${openStreams} streams`,
  contenders: [],
  run: async (rig) => {
    const folder = join(rig.folder, 'replica-loss');
    mkdirSync(folder, { recursive: true });
    const mocks: MockReplica[] = [];
    let running: RunningGateway | undefined;
    try {
      for (let at = 0; at < replicas; at++) mocks.push(await MockReplica.start(folder));
      running = await startGateway({ folder, replicaPorts: mocks.map(({ port }) => port), workers: 0, timeouts });
      return await loseReplicas(rig, running, mocks);
    } finally {
      await running?.stop();
      await Promise.all(mocks.map((mock) => mock.stop()));
    }
  },
};

async function loseReplicas(rig: Rig, gateway: RunningGateway, mocks: readonly MockReplica[]): Promise<SectionResult> {
  const problems: string[] = [];
  let current: Fault | undefined;
  const told = (outcome: Outcome): void => {
    if (outcome.kind === 'failed' || outcome.kind === 'brokenBadly')
      problems.push(
        `${current}: ${outcome.kind === 'failed' ? 'a request failed' : 'a stream broke'}: ${outcome.detail}`,
      );
  };
  const callers = new Callers({ ...gateway, perSecond, streams: openStreams, stream, told });
  const log = new LogTail(gateway.logFile, ['replica ejected', 'replica returned']);
  const losses = new Losses(gateway, mocks, log);
  const samples: LossSample[] = [];
  callers.start();
  await pause(500);
  const rounds = rig.rounds ?? (rig.quick ? faults.length : 100);
  for (let round = 0; round < rounds; round++) {
    current = faults[round % faults.length] ?? 'kill -9';
    samples.push(await losses.lose(current, round % replicas));
    if ((round + 1) % faults.length === 0) rig.progress(`${round + 1} of ${rounds} replicas lost`);
  }
  await callers.stop();
  log.close();
  return replicaLossResult(samples, { sent: callers.sent, ...callers.counts }, problems.slice(0, 20));
}

/** Loses one replica after the other, and lets each come back. */
class Losses {
  readonly #gateway: RunningGateway;
  readonly #mocks: readonly MockReplica[];
  readonly #log: LogTail;
  readonly #ids: string[];
  #replaced = 0;

  constructor(gateway: RunningGateway, mocks: readonly MockReplica[], log: LogTail) {
    this.#gateway = gateway;
    this.#mocks = mocks;
    this.#log = log;
    this.#ids = mocks.map(({ port }) => `r-1-${port}`);
  }

  async lose(fault: Fault, which: number): Promise<LossSample> {
    const mock = this.#mocks[which];
    const id = this.#ids[which];
    if (mock === undefined) throw new RangeError(`there is no replica ${which}`);
    const before = await trafficOf(this.#gateway);
    const at = Date.now();
    const isAbout = (message: string) => (line: LogLine) =>
      line.message === message && line.replicaId === id && Date.parse(line.timestamp) >= at;
    mock.inject(fault);
    const ejected = await this.#log.next(isAbout('replica ejected'), mustBeEjected(fault) ? 10_000 : slowForMs);
    await mock.heal(fault);
    if (ejected !== undefined) await this.#log.next(isAbout('replica returned'), 10_000);
    const wronglyEjected = this.#log.read().filter(({ message, replicaId, timestamp }) => {
      const isWell = replicaId === id ? !mustBeEjected(fault) : this.#ids.includes(replicaId ?? '');
      return message === 'replica ejected' && isWell && Date.parse(timestamp) >= at;
    }).length;
    await this.#replace(which, mock.port);
    const after = await trafficOf(this.#gateway);
    return {
      fault,
      ejectedAfterMs: ejected === undefined ? undefined : Date.parse(ejected.timestamp) - at,
      wronglyEjected,
      requests: after.requests - before.requests,
      retries: after.retries - before.retries,
    };
  }

  /** Under a new name, as the control plane replaces it: nobody remembers how often it was lost and lets it wait. */
  async #replace(which: number, port: number): Promise<void> {
    this.#ids[which] = `r-${++this.#replaced + 1}-${port}`;
    await this.#gateway.publish(this.#mocks.map((mock, at) => servingReplica(this.#ids[at] ?? '', mock.port)));
  }
}

/** What the gateway has counted since it started. */
async function trafficOf({ adminPort }: RunningGateway): Promise<{ requests: number; retries: number }> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const sum = (name: string): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  return {
    requests: sum('signalbox_gateway_requests_total'),
    retries: sum('signalbox_gateway_upstream_retries_total'),
  };
}
