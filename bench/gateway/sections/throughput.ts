import { npmProxies } from '../contenders/contender.ts';
import { takeTurns } from '../rounds/take-turns.ts';
import { smallBodies } from './bodies.ts';
import { fillRoutingTable } from './fill-routing-table.ts';
import { measuredLoad } from './measured-load.ts';
import type { Section } from './section.ts';
import { throughputResult } from './throughput-result.ts';
import { secondsOf } from './warm-up.ts';

const connections = 64;

export const throughput: Section = {
  name: 'throughput',
  title: `CPU per request: 600 B chat, 475 B answer, keep-alive, ${connections} connections, closed loop`,
  contenders: ['gateway', 'nginx', 'haproxy', ...npmProxies, 'portkey'],
  run: async (rig) => {
    const problems: string[] = [];
    const [rounds, seconds] = rig.quick ? [2, 0.5] : [5, 2];
    const samples = await rig.during(throughput.contenders, async (running) => {
      await fillRoutingTable(rig, running);
      const files = new Map(running.map((contender) => [contender.name, rig.requests(contender, smallBodies())]));
      const measure = async (contender: (typeof running)[number], isWarmUp: boolean) => {
        const requestsFile = files.get(contender.name) ?? '';
        const options = { requestsFile, connections, seconds: secondsOf(contender.name, isWarmUp, rig, seconds) };
        const { proxyCpuSeconds, whole, seconds: took } = await measuredLoad(contender, options, problems);
        return { cpuUs: (proxyCpuSeconds * 1e6) / whole, perSecond: whole / took };
      };
      return takeTurns(running, rounds, measure, rig.progress);
    });
    return throughputResult(samples, problems);
  },
};
