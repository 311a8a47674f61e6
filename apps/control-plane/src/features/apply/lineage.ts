import type { Problem } from '@signalbox/domain';

export interface LineageEntry {
  version: string;
  parent: string | undefined;
}

/** A version whose ancestors lead back to itself; undefined when its line has a beginning. */
export function lineageProblem(version: string, lineage: ReadonlyMap<string, LineageEntry>): Problem | undefined {
  const path = [version];
  for (let next = lineage.get(version)?.parent; next !== undefined; next = lineage.get(next)?.parent) {
    path.push(next);
    if (next === version) return { path: 'spec.lineage.parent', message: `goes in a circle: ${path.join(' ← ')}` };
    // Another version's circle, which is told there.
    if (path.indexOf(next) < path.length - 1) return undefined;
  }
  return undefined;
}
