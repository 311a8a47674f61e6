import type { Problem } from '@signalbox/domain';
import type { ManifestDefaults } from '../kind-contract.ts';
import { type ParsedManifest, parseManifests } from '../parse-manifests.ts';

/** What is wrong with a text, without the file's name: there is only one. */
export function problemsIn(text: string, defaults?: Partial<ManifestDefaults>): readonly Problem[] {
  const parsing = parseManifests([{ file: 'a.yaml', text }], defaults);
  if (parsing.kind === 'parsed') return [];
  return parsing.problems.map(({ file: _, ...problem }) => problem);
}

/** The manifests of a text without their places. Throws when there are problems. */
export function manifestsIn(text: string, defaults?: Partial<ManifestDefaults>) {
  return parsedIn(text, defaults).map(({ at: _, positions: __, ...manifest }) => manifest);
}

export function parsedIn(text: string, defaults?: Partial<ManifestDefaults>): readonly ParsedManifest[] {
  const parsing = parseManifests([{ file: 'a.yaml', text }], defaults);
  if (parsing.kind === 'parsed') return parsing.manifests;
  throw new Error(JSON.stringify(parsing.problems, null, 2));
}
