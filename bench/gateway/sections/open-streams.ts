import { setTimeout as pause } from 'node:timers/promises';
import { residentBytes } from '../../measure/resident-bytes.ts';
import type { ContenderName, RunningContender } from '../contenders/contender.ts';
import { smallBodies, streamBodies } from './bodies.ts';
import { measuredLoad } from './measured-load.ts';
import { type OpenStreamsSample, openStreamsResult } from './open-streams-result.ts';
import type { Rig, Section } from './section.ts';
import { warmUpSeconds } from './warm-up.ts';

const connections = 8_000;
const rampMs = 4_000;
const leastWarmUpSeconds = 3;
/** The first streams must still be open when the last one is and memory has been read. */
const usual = { frames: 60, intervalUs: 200_000 };
/** The same eight seconds for a gateway that is not warm yet. */
const slower = { frames: 20, intervalUs: 400_000 };

export const openStreams: Section = {
  name: 'open-streams',
  title: `memory per stream: ${connections} open at once × ${1_000_000 / usual.intervalUs} frames/s, a fresh process each round`,
  contenders: ['gateway', 'nginx'],
  run: async (rig) => {
    const problems: string[] = [];
    const names = rig.quick ? (['gateway'] as const) : openStreams.contenders;
    const rounds = rig.quick ? 1 : 2;
    const samples = new Map<ContenderName, OpenStreamsSample[]>(names.map((name) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const name of names) {
        const sample = await rig.during([name], ([contender]) => measure(rig, contender, problems));
        samples.get(name)?.push(sample);
      }
      rig.progress(`round ${round} of ${rounds}`);
    }
    return openStreamsResult(samples, connections, problems);
  },
};

async function measure(
  rig: Rig,
  contender: RunningContender | undefined,
  problems: string[],
): Promise<OpenStreamsSample> {
  if (contender?.pid === undefined) throw new Error('only a process has memory');
  const { pid } = contender;
  const stream = rig.quick ? slower : usual;
  // Any load makes V8's young generation grow to its full size, and that is no part of what a stream takes.
  const small = rig.requests(contender, smallBodies());
  const seconds = Math.max(leastWarmUpSeconds, warmUpSeconds(contender.name, rig.quick));
  await measuredLoad(contender, { requestsFile: small, connections: 64, seconds }, problems);
  const idleBytes = residentBytes(pid);
  const samples: number[] = [];
  const whenAllOpen = async (): Promise<void> => {
    for (let i = 0; i < 8; i++) {
      await pause(250);
      samples.push(residentBytes(pid));
    }
  };
  const requestsFile = rig.requests(contender, streamBodies({ ...stream, firstUs: 0 }));
  const options = {
    requestsFile,
    connections,
    seconds: rampMs / 1_000,
    rampMs,
    frames: stream.frames,
    timeoutMs: 120_000,
  };
  let sampling: Promise<void> | undefined;
  const result = await measuredLoad(
    contender,
    {
      ...options,
      whenAllOpen: () => {
        sampling = whenAllOpen();
      },
    },
    problems,
  );
  await sampling;
  if (samples.length === 0) problems.push(`${contender.name}: ${connections} streams were never open at once`);
  return {
    idleBytes,
    openBytes: Math.max(0, ...samples),
    cpuUs: (result.proxyCpuSeconds * 1e6) / result.stream.frames,
    lost: result.stream.lost + result.stream.disordered,
  };
}
