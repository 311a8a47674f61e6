import type { RunningContender } from '../contenders/contender.ts';
import { takeTurns } from '../rounds/take-turns.ts';
import { streamBodies } from './bodies.ts';
import { measuredLoad } from './measured-load.ts';
import { type DelaySample, type SaturationSample, saturationResult } from './saturation-result.ts';
import type { Section } from './section.ts';
import { secondsOf } from './warm-up.ts';

const offeredStreams = 2_000;
const perStream = 50;
const intervalUs = 1_000_000 / perStream;

export const saturation: Section = {
  name: 'saturation',
  title: `most frames per second: ${offeredStreams} streams × ${perStream} frames/s offered; delay of frames at 60 % of it`,
  contenders: ['direct', 'gateway', 'nginx'],
  run: async (rig) => {
    const problems: string[] = [];
    const [rounds, seconds, frames] = rig.quick ? [1, 1, 30] : [2, 4, 100];
    return rig.during(saturation.contenders, async (running) => {
      const bodies = streamBodies({ frames, intervalUs, firstUs: 0 });
      const files = new Map(running.map((contender) => [contender.name, rig.requests(contender, bodies)]));
      const send = (contender: RunningContender, connections: number, forSeconds: number) => {
        const rampMs = (frames * intervalUs) / 1_000;
        const requestsFile = files.get(contender.name) ?? '';
        const options = { requestsFile, connections, seconds: forSeconds, rampMs, frames, timeoutMs: 120_000 };
        return measuredLoad(contender, options, problems);
      };
      const most = async (contender: RunningContender, isWarmUp: boolean): Promise<SaturationSample> => {
        const forSeconds = secondsOf(contender.name, isWarmUp, rig, seconds);
        const { stream, proxyCpuSeconds, seconds: took } = await send(contender, offeredStreams, forSeconds);
        return {
          perCpuSecond: stream.frames / proxyCpuSeconds,
          perSecond: stream.frames / took,
          lost: stream.lost + stream.disordered,
        };
      };
      const proxies = running.filter(({ name }) => name !== 'direct' && !(rig.quick && name === 'nginx'));
      const saturated = await takeTurns(proxies, rounds, most, rig.progress);
      const capacity = Math.min(...(saturated.get('gateway') ?? []).map(({ perCpuSecond }) => perCpuSecond));
      const part = Math.max(1, Math.round((0.6 * capacity) / perStream));
      const delay = async (contender: RunningContender): Promise<DelaySample> => {
        const { frameDelayUs } = await send(contender, part, seconds);
        if (frameDelayUs === null) throw new Error(`${contender.name} streamed nothing`);
        return { p50Us: frameDelayUs.p50, p99Us: frameDelayUs.p99 };
      };
      const beside = running.filter(({ name }) => !(rig.quick && name === 'nginx'));
      const delays = await takeTurns(beside, rounds, delay, rig.progress);
      return saturationResult(saturated, delays, part * perStream, problems);
    });
  },
};
