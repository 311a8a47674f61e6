import type { RunningContender } from '../contenders/contender.ts';
import { takeTurns } from '../rounds/take-turns.ts';
import { smallBodies } from './bodies.ts';
import { fillRoutingTable } from './fill-routing-table.ts';
import { type LatencySample, latencyResult } from './latency-result.ts';
import { measuredLoad } from './measured-load.ts';
import type { Rig, Section } from './section.ts';
import { warmUpSeconds } from './warm-up.ts';

const connections = 256;
/** To open a connection costs more than a request on it: no caller does that for each, and it is no part of what is measured. */
const settleMs = 500;

export const latency: Section = {
  name: 'latency',
  title: 'time added to a 600 B chat: alone on one connection, and at half load in an open loop',
  contenders: ['direct', 'gateway', 'nginx'],
  run: async (rig) => {
    const problems: string[] = [];
    const [rounds, alone, atHalf] = rig.quick ? [1, 0.3, 0.8] : [3, 1, 5];
    return rig.during(latency.contenders, async (running) => {
      await fillRoutingTable(rig, running);
      const files = new Map(running.map((contender) => [contender.name, rig.requests(contender, smallBodies())]));
      const fileOf = ({ name }: RunningContender): string => files.get(name) ?? '';
      const rate = (await mostPerSecond(rig, running, fileOf, problems)) / 2;
      rig.progress(`half load is ${Math.round(rate)} requests/s`);
      const measure = async (contender: RunningContender): Promise<LatencySample> => {
        const requestsFile = fileOf(contender);
        const one = await measuredLoad(contender, { requestsFile, connections: 1, seconds: alone }, problems);
        const open = { requestsFile, connections, seconds: settleMs / 1_000 + atHalf, settleMs, rate };
        const { latencyUs } = await measuredLoad(contender, open, problems);
        if (one.latencyUs === null || latencyUs === null) throw new Error(`${contender.name} answered nothing`);
        return { alone: one.latencyUs.p50, p50: latencyUs.p50, p99: latencyUs.p99, p999: latencyUs.p999 };
      };
      return latencyResult(await takeTurns(running, rounds, measure, rig.progress), rate, problems);
    });
  },
};

/** What the gateway takes when it is asked for all it has: the same rate is then put on everybody. */
async function mostPerSecond(
  rig: Rig,
  running: readonly RunningContender[],
  fileOf: (contender: RunningContender) => string,
  problems: string[],
): Promise<number> {
  const gateway = running.find(({ name }) => name === 'gateway');
  if (gateway === undefined) throw new Error('the gateway does not run');
  const options = { requestsFile: fileOf(gateway), connections: 64, seconds: rig.quick ? 1 : 5 };
  await measuredLoad(gateway, { ...options, seconds: warmUpSeconds(gateway.name, rig.quick) }, problems);
  const { whole, seconds } = await measuredLoad(gateway, options, problems);
  return whole / seconds;
}
