import type { ContenderName, RunningContender } from '../contenders/contender.ts';

export type Samples<T> = ReadonlyMap<ContenderName, readonly T[]>;

/** Rounds A, B, C, A, B, C: a machine that slows down slows all of them. Round 0 warms up and is dropped. */
export async function takeTurns<T>(
  running: readonly RunningContender[],
  rounds: number,
  measure: (contender: RunningContender, isWarmUp: boolean) => Promise<T>,
  progress: (line: string) => void,
): Promise<Samples<T>> {
  const samples = new Map<ContenderName, T[]>(running.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const contender of running) {
      const sample = await measure(contender, round === 0);
      if (round > 0) samples.get(contender.name)?.push(sample);
    }
    progress(`round ${round} of ${rounds}${round === 0 ? ' (warming up)' : ''}`);
  }
  return samples;
}

/** One quantity of a contender, round by round; empty where it did not take part. */
export function valuesOf<T>(samples: Samples<T>, name: ContenderName, of: (sample: T) => number): number[] {
  return (samples.get(name) ?? []).map(of);
}
