import { cpuSeconds } from '../../measure/cpu-time.ts';
import type { RunningContender } from '../contenders/contender.ts';
import { type LoadOptions, type LoadResult, runLoad } from '../rig/load.ts';
import { loadProblem } from '../rig/load-problem.ts';

export interface MeasuredLoad extends LoadResult {
  /** The proxy's, from the first request to the last answer; 0 for `direct`. */
  proxyCpuSeconds: number;
}

/** Sends load through a contender; what went wrong is added to `problems`. */
export async function measuredLoad(
  { name, port, pid }: RunningContender,
  options: Omit<LoadOptions, 'port'>,
  problems: string[],
): Promise<MeasuredLoad> {
  const spent = (): number => (pid === undefined ? 0 : cpuSeconds(pid));
  const before = spent();
  const result = await runLoad({ ...options, port });
  const proxyCpuSeconds = spent() - before;
  const problem = loadProblem(result, name);
  if (problem !== undefined) problems.push(problem);
  return { ...result, proxyCpuSeconds };
}
