import { locate, parseManifests } from '@signalbox/contracts';
import { AppError } from '@signalbox/domain';
import { engines } from '@signalbox/engines';
import type { Document } from './document.ts';

/** A deployment that names no version of its engine gets the newest that its adapter was checked for. */
const engineVersions = Object.fromEntries(
  engines.flatMap(({ name, versions: [newest] }) => (newest === undefined ? [] : [[name, newest]])),
);

/** Texts to manifests, or everything that is wrong with them. */
export function readManifests(sources: readonly { file: string; text: string }[]): readonly Document[] {
  const parsing = parseManifests(sources, { engineVersions });
  if (parsing.kind === 'invalid') {
    const { problems } = parsing;
    throw new AppError('manifest.invalid', { count: problems.length }, { problems });
  }
  return parsing.manifests.map((manifest) => ({
    manifest,
    locate: (path) => ({ file: manifest.at.file, ...locate(manifest, path) }),
  }));
}
