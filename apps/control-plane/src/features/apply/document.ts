import { manifestKey } from '@signalbox/contracts';
import type { Manifest, Problem } from '@signalbox/domain';

/** A parsed manifest that remembers where it was written. */
export interface Document {
  manifest: Manifest;
  /** Where a path as `spec.scaling.min` stands; the nearest parent when the field itself was left out. */
  locate(path: string): { file: string; line: number; column: number };
}

export function objectKey({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string {
  return manifestKey(kind, metadata.project, metadata.name);
}

/** The problem with the place where it is to be mended. */
export function placed(document: Document, problem: Problem): Problem {
  const { file, line, column } = document.locate(problem.path ?? '');
  return { ...problem, file, line, column };
}
