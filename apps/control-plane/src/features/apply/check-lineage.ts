import type { Document } from './document.ts';
import { type LineageEntry, lineageProblem } from './lineage.ts';
import { isVersion } from './pin-versions.ts';
import type { Refusals } from './refusals.ts';

/** Versions are registered in one go, so that two new ones could name each other as parent. */
export function checkLineage(documents: readonly Document[], refusals: Refusals): void {
  const versions = documents.filter(isVersion);
  const byModel = Map.groupBy(versions, ({ manifest }) => `${manifest.metadata.project}/${manifest.spec.model}`);
  for (const siblings of byModel.values()) {
    const lineage = new Map<string, LineageEntry>(
      siblings.map(({ manifest: { spec } }) => [spec.version, { version: spec.version, parent: spec.lineage.parent }]),
    );
    for (const document of siblings) {
      const problem = lineageProblem(document.manifest.spec.version, lineage);
      if (problem !== undefined) refusals.addProblems(document, [problem]);
    }
  }
}
