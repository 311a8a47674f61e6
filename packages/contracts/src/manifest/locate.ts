import type { Problem } from '@signalbox/domain';
import type { ParsedManifest } from './parse-manifests.ts';
import { parentPath } from './path.ts';

/**
 * Where a path of a parsed manifest stands. What was not written (a default) stands where the nearest written thing
 * around it does.
 */
export function locate(
  manifest: Pick<ParsedManifest, 'at' | 'positions'>,
  path: string,
): { line: number; column: number } {
  for (let at: string | undefined = path; at !== undefined; at = parentPath(at)) {
    const place = Object.hasOwn(manifest.positions, at) ? manifest.positions[at] : undefined;
    if (place !== undefined) return { line: place[0], column: place[1] };
  }
  return { line: manifest.at.line, column: 1 };
}

/** A problem that a later check found, with its place in the file. */
export function locateProblem(manifest: Pick<ParsedManifest, 'at' | 'positions'>, problem: Problem): Problem {
  return { ...problem, file: manifest.at.file, ...locate(manifest, problem.path ?? '') };
}
