import type { Repositories } from '@signalbox/db';
import type { PinnedSource } from '@signalbox/domain';
import { pinSource, type SourceResolver } from '../sources/index.ts';
import type { Document } from './document.ts';
import type { Refusals } from './refusals.ts';
import type { DocumentOf } from './write-object.ts';

/**
 * Pins the sources of versions that are not registered yet. Outside of any transaction: hashing a folder of weights or
 * asking a hub may take long.
 */
export async function pinVersions(
  repos: Repositories,
  resolver: SourceResolver,
  documents: readonly Document[],
  refusals: Refusals,
): Promise<ReadonlyMap<Document, PinnedSource>> {
  const pinned = new Map<Document, PinnedSource>();
  for (const document of documents.filter(isVersion)) {
    if (await isRegistered(repos, document)) continue;
    const pinning = await pinSource(document.manifest.spec.source, resolver);
    if (pinning.kind === 'pinned') {
      pinned.set(document, pinning.source);
      continue;
    }
    const { path, detail } = pinning;
    const facts = { name: document.manifest.metadata.name, detail };
    const problems = [{ path: `spec.source.${path}`, message: detail }];
    refusals.add(document, { code: 'model_version.unresolved', facts, problems });
  }
  return pinned;
}

export function isVersion(document: Document): document is DocumentOf<'ModelVersion'> {
  return document.manifest.kind === 'ModelVersion';
}

async function isRegistered(
  { projects, modelVersions }: Repositories,
  { manifest: { metadata } }: DocumentOf<'ModelVersion'>,
): Promise<boolean> {
  const project = await projects.getByName(metadata.project ?? 'default');
  return project !== undefined && (await modelVersions.getByName(project.id, metadata.name)) !== undefined;
}
