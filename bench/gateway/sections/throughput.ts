import { cpuSeconds } from '../../measure/cpu-time.ts';
import type { RunningContender } from '../contenders/contender.ts';
import { npmProxies } from '../contenders/contender.ts';
import { runLoad } from '../rig/load.ts';
import { loadProblem } from '../rig/load-problem.ts';
import { chatBody } from '../rig/requests.ts';
import { takeTurns } from '../rounds/take-turns.ts';
import { fillRoutingTable } from './fill-routing-table.ts';
import type { Section } from './section.ts';
import { type CpuSample, throughputResult } from './throughput-result.ts';

const connections = 64;

export const throughput: Section = {
  name: 'throughput',
  title: `CPU per request: 600 B chat, 475 B answer, keep-alive, ${connections} connections, closed loop`,
  contenders: ['gateway', 'nginx', 'haproxy', ...npmProxies, 'portkey'],
  run: async (rig) => {
    const problems: string[] = [];
    const samples = await rig.during(throughput.contenders, async (running) => {
      await fillRoutingTable(rig, running);
      const [rounds, seconds] = rig.quick ? [3, 1] : [7, 4];
      const files = new Map(running.map((contender) => [contender.name, rig.requests(contender, smallBodies())]));
      return takeTurns(
        running,
        rounds,
        (contender, isWarmUp) =>
          measure(contender, files.get(contender.name) ?? '', isWarmUp ? 2 : seconds, problems),
        rig.progress,
      );
    });
    return throughputResult(samples, problems);
  },
};

/** Callers differ, so their bodies do. */
export function smallBodies(): string[] {
  return Array.from({ length: 64 }, (_, variant) => chatBody({ bodyBytes: 600, variant }));
}

async function measure(
  { name, port, pid = 0 }: RunningContender,
  requestsFile: string,
  seconds: number,
  problems: string[],
): Promise<CpuSample> {
  const before = cpuSeconds(pid);
  const result = await runLoad({ port, requestsFile, connections, seconds });
  const used = cpuSeconds(pid) - before;
  const problem = loadProblem(result, name);
  if (problem !== undefined) problems.push(problem);
  return { cpuUs: (used * 1e6) / result.whole, perSecond: result.whole / result.seconds };
}
