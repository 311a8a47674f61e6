import { MANIFEST_KINDS, type Problem } from '@signalbox/domain';
import type { LocatedDocument } from './located-document.ts';
import { manifestKey } from './manifest-key.ts';
import { belongsToProject, DEFAULT_PROJECT } from './metadata.ts';

/**
 * The same object written twice, whichever file it stands in. Looks at raw values, so that a mistake elsewhere in a
 * document does not hide this one.
 */
export function duplicateProblems(documents: readonly LocatedDocument[]): readonly Problem[] {
  const first = new Map<string, LocatedDocument>();
  const problems: Problem[] = [];
  for (const document of documents) {
    const key = keyOf(document);
    if (key === undefined) continue;
    const before = first.get(key);
    if (before === undefined) first.set(key, document);
    else {
      const message = `${key} is written already in ${before.file}, line ${before.line}`;
      problems.push(document.problem({ path: ['metadata', 'name'], message }));
    }
  }
  return problems;
}

function keyOf({ value, syntaxProblems }: LocatedDocument): string | undefined {
  if (syntaxProblems.length > 0) return undefined;
  const { kind, metadata } = (value ?? {}) as {
    kind?: unknown;
    metadata?: { name?: unknown; project?: unknown } | null;
  };
  const known = MANIFEST_KINDS.find((it) => it === kind);
  const name = metadata?.name;
  const project = metadata?.project ?? DEFAULT_PROJECT;
  if (known === undefined || typeof name !== 'string' || typeof project !== 'string') return undefined;
  return manifestKey(known, belongsToProject(known) ? project : null, name);
}
