import type { Case } from './case.ts';
import type { Subject } from './subject.ts';

/** A smaller case that is still handled differently: fewer reads, then fewer and fewer bytes. */
export async function minimise(subject: Subject, found: Case): Promise<Case> {
  let smallest = found;
  const tried = async (candidates: readonly Case[]): Promise<boolean> => {
    const differences = await subject.compare(candidates);
    const index = differences.findIndex((difference) => difference !== undefined);
    if (index >= 0) smallest = candidates[index] as Case;
    return index >= 0;
  };
  await tried([{ ...smallest, cuts: [], isLate: false }]);
  await tried([{ ...smallest, cuts: [] }]);
  await tried([{ ...smallest, isLate: false }]);
  for (let size = Math.ceil(smallest.bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    while (await tried(withoutEach(smallest, size)));
  }
  return smallest;
}

/** The case without each run of so many bytes in turn. */
function withoutEach(from: Case, size: number): Case[] {
  const candidates: Case[] = [];
  for (let at = 0; at < from.bytes.length; at += size) {
    const end = Math.min(from.bytes.length, at + size);
    const bytes = Buffer.concat([from.bytes.subarray(0, at), from.bytes.subarray(end)]);
    const cuts = from.cuts
      .map((cut) => (cut <= at ? cut : Math.max(at, cut - (end - at))))
      .filter((cut, index, all) => cut > 0 && cut < bytes.length && cut !== all[index - 1]);
    candidates.push({ ...from, bytes, cuts });
  }
  return candidates;
}
