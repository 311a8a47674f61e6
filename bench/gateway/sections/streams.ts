import type { RunningContender } from '../contenders/contender.ts';
import { takeTurns } from '../rounds/take-turns.ts';
import { streamBodies } from './bodies.ts';
import { measuredLoad } from './measured-load.ts';
import type { Section } from './section.ts';
import { type StreamSample, streamsResult } from './streams-result.ts';
import { secondsOf } from './warm-up.ts';

const connections = 500;
const intervalUs = 20_000;
/** An engine needs some time for the prompt; without it the head and the first frame would come as one. */
const firstUs = 20_000;

export const streams: Section = {
  name: 'streams',
  title: `CPU per frame and time to first token: ${connections} streams × 50 frames/s of 200 B`,
  contenders: ['direct', 'gateway', 'nginx'],
  run: async (rig) => {
    const problems: string[] = [];
    const [rounds, seconds, frames] = rig.quick ? [1, 1, 50] : [3, 4, 100];
    return rig.during(streams.contenders, async (running) => {
      const bodies = streamBodies({ frames, intervalUs, firstUs });
      const files = new Map(running.map((contender) => [contender.name, rig.requests(contender, bodies)]));
      const measure = async (contender: RunningContender, isWarmUp: boolean): Promise<StreamSample> => {
        // The ramp spreads the streams over one stream's life: an even load, not 500 frames at one moment.
        const rampMs = (frames * intervalUs) / 1_000;
        const requestsFile = files.get(contender.name) ?? '';
        const forSeconds = secondsOf(contender.name, isWarmUp, rig, seconds);
        const options = { requestsFile, connections, seconds: forSeconds, rampMs, frames };
        const result = await measuredLoad(contender, options, problems);
        if (result.firstByteUs === null) throw new Error(`${contender.name} streamed nothing`);
        return {
          cpuUs: (result.proxyCpuSeconds * 1e6) / result.stream.frames,
          firstByteP99Us: result.firstByteUs.p99,
          firstByteP50Us: result.firstByteUs.p50,
          framesPerSecond: result.stream.frames / result.seconds,
          lost: result.stream.lost + result.stream.disordered,
          changed: result.stream.changed,
        };
      };
      return streamsResult(await takeTurns(running, rounds, measure, rig.progress), problems);
    });
  },
};
