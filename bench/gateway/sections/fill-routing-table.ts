import type { RunningContender } from '../contenders/contender.ts';
import { runLoad } from '../rig/load.ts';
import { loadProblem } from '../rig/load-problem.ts';
import { chatBody } from '../rig/requests.ts';
import type { Rig } from './section.ts';

const prompts = 16;
const promptBytes = 220_000;

/** Routing is measured with a table that holds something: 16 prompts of 220 KB are well over 1,000 blocks of 2 KB. */
export async function fillRoutingTable(rig: Rig, running: readonly RunningContender[]): Promise<void> {
  for (const contender of running.filter(({ name }) => name === 'gateway')) {
    const bodies = Array.from({ length: prompts }, (_, variant) => chatBody({ bodyBytes: promptBytes, variant }));
    const requestsFile = rig.requests(contender, bodies);
    const result = await runLoad({ port: contender.port, requestsFile, connections: 4, seconds: 0.5 });
    const problem = loadProblem(result, 'filling the routing table');
    if (problem !== undefined) throw new Error(problem);
  }
}
