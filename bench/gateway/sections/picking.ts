import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { root } from '../rig/paths.ts';
import { type PickingSample, pickingNotMeasured, pickingResult } from './picking-result.ts';
import { blocksPerPrompt, conversations, type PromptKeys, promptOf } from './prompt-keys.ts';
import type { Section } from './section.ts';

/** What is used of the gateway's index; imported only when it is there, as a look into its inside. */
interface PrefixIndex {
  readonly hits: Uint16Array;
  match(blocks: PromptKeys, model: Seed, slotsLo: number, slotsHi: number): void;
  insert(blocks: PromptKeys, model: Seed, slot: number): void;
}
interface Seed {
  lo: number;
  hi: number;
}

const source = join(root, 'apps/gateway/src/routing/prefix-index.ts');
const replicas = 64;
const allSlots = -1;
const model: Seed = { lo: 1, hi: 2 };

export const picking: Section = {
  name: 'picking',
  title: `the prefix index: ${replicas} replicas, 1 M blocks, prompts of ${blocksPerPrompt} blocks that are all known`,
  contenders: [],
  run: async ({ quick, progress }) => {
    if (!existsSync(source)) return pickingNotMeasured('there is no prefix index');
    const module = (await import(source)) as { PrefixIndex?: new (options: { blocks: number }) => PrefixIndex };
    if (module.PrefixIndex === undefined) return pickingNotMeasured('prefix-index.ts exports no PrefixIndex');
    const before = await memoryBytes();
    const index = new module.PrefixIndex({ blocks: 1_000_000 });
    const known = Array.from({ length: conversations }, (_, number) => number);
    for (const number of known) index.insert(promptOf(number), model, number % replicas);
    const heldBytes = (await memoryBytes()) - before;
    const samples: PickingSample[] = [];
    const rounds = quick ? 3 : 7;
    for (let round = 0; round <= rounds; round++) {
      const sample = measureRound(index, quick ? 10_000 : 30_000);
      if (round > 0) samples.push(sample);
      progress(`round ${round} of ${rounds}${round === 0 ? ' (warming up)' : ''}`);
    }
    // As many blocks again, twice: what was there gives way, and nothing may grow.
    for (let number = conversations; number < 3 * conversations; number++)
      index.insert(promptOf(number), model, number % replicas);
    return pickingResult(samples, { heldBytes, afterChurnBytes: (await memoryBytes()) - before });
  },
};

/** Each pick by itself, with a clock of nanoseconds that costs 0.05 µs. */
function measureRound(index: PrefixIndex, picks: number): PickingSample {
  const matchUs = new Float64Array(picks);
  const insertUs = new Float64Array(picks);
  let found = 0;
  for (let pick = 0; pick < picks; pick++) {
    // In an order in which neighbours have nothing to do with each other, as callers have not.
    const number = (pick * 2_654_435_761) % conversations;
    const prompt = promptOf(number);
    const from = process.hrtime.bigint();
    index.match(prompt, model, allSlots, allSlots);
    const slot = best(index.hits);
    const picked = process.hrtime.bigint();
    index.insert(prompt, model, number % replicas);
    const booked = process.hrtime.bigint();
    matchUs[pick] = Number(picked - from) / 1_000;
    insertUs[pick] = Number(booked - picked) / 1_000;
    if (slot === number % replicas) found++;
  }
  const at = (values: Float64Array, share: number): number => values.sort()[Math.ceil(share * picks) - 1] ?? 0;
  return {
    matchP50Us: at(matchUs, 0.5),
    matchP99Us: at(matchUs, 0.99),
    insertP99Us: at(insertUs, 0.99),
    foundShare: found / picks,
  };
}

function best(hits: Uint16Array): number {
  let slot = 0;
  for (let other = 1; other < replicas; other++) if ((hits[other] ?? 0) > (hits[slot] ?? 0)) slot = other;
  return slot;
}

/**
 * What is held, without what only waits for the collector: of the sections before, some is let go by the first
 * collection and is gone with the next.
 */
async function memoryBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let time = 0; time < 4; time++) {
    collect();
    await pause(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
