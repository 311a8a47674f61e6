import type { RunningContender } from '../contenders/contender.ts';
import { longBodies } from './bodies.ts';
import { measuredLoad } from './measured-load.ts';
import type { Rig } from './section.ts';

/** Routing is measured with a table that holds something: 16 prompts of 220 KB are over 1,000 blocks of 2 KB. */
export async function fillRoutingTable(rig: Rig, running: readonly RunningContender[]): Promise<void> {
  const problems: string[] = [];
  for (const contender of running.filter(({ name }) => name === 'gateway')) {
    const requestsFile = rig.requests(contender, longBodies());
    await measuredLoad(contender, { requestsFile, connections: 4, seconds: 0.5 }, problems);
  }
  if (problems.length > 0) throw new Error(`while the routing table was filled: ${problems.join('; ')}`);
}
