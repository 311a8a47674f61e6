import type { RunningContender } from '../contenders/contender.ts';
import { takeTurns } from '../rounds/take-turns.ts';
import { longBodies } from './bodies.ts';
import { type LongPromptSample, longPromptsResult } from './long-prompts-result.ts';
import { measuredLoad } from './measured-load.ts';
import type { Section } from './section.ts';
import { secondsOf } from './warm-up.ts';

const rate = 500;
const shortStream = { frames: 4, intervalUs: 1_000, firstUs: 0 };

export const longPrompts: Section = {
  name: 'long-prompts',
  title: `220 KB prompts: closed loop of 20 connections, and time to first token at ${rate}/s in an open loop`,
  contenders: ['direct', 'gateway', 'nginx'],
  run: async (rig) => {
    const problems: string[] = [];
    const [rounds, seconds] = rig.quick ? [1, 1] : [3, 3];
    return rig.during(longPrompts.contenders, async (running) => {
      const files = new Map(
        running.map((contender) => [
          contender.name,
          { whole: rig.requests(contender, longBodies()), stream: rig.requests(contender, longBodies(shortStream)) },
        ]),
      );
      const measure = async (contender: RunningContender, isWarmUp: boolean): Promise<LongPromptSample> => {
        const { whole = '', stream = '' } = files.get(contender.name) ?? {};
        const forSeconds = secondsOf(contender.name, isWarmUp, rig, seconds);
        const long = { requestsFile: whole, connections: 20, seconds: forSeconds };
        const closed = await measuredLoad(contender, long, problems);
        const { frames } = shortStream;
        const open = { requestsFile: stream, connections: 64, seconds, rate, frames };
        const { firstByteUs } = await measuredLoad(contender, open, problems);
        if (firstByteUs === null) throw new Error(`${contender.name} streamed nothing`);
        return {
          perCpuSecond: closed.whole / closed.proxyCpuSeconds,
          perSecond: closed.whole / closed.seconds,
          firstByteP99Us: firstByteUs.p99,
          firstByteP50Us: firstByteUs.p50,
        };
      };
      return longPromptsResult(await takeTurns(running, rounds, measure, rig.progress), problems);
    });
  },
};
