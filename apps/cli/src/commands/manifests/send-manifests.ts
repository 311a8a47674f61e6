import type { Answer } from '@signalbox/client';
import type { ApiResponse } from '@signalbox/contracts';
import { UsageError } from '../../exit-code.ts';
import { collectFiles, type ManifestFile } from '../../manifests/collect-files.ts';
import type { Session } from '../../session.ts';

export type ApplyAnswer = Answer<ApiResponse<'apply'>>;

export interface Manifests {
  source: string;
  files: readonly ManifestFile[];
}

/** An apply registers versions and resolves references, which may ask other servers. */
const TIMEOUT_MS = 120_000;

export async function readManifests(
  { world }: Session,
  options: { filename: readonly string[]; source?: string; prune?: true },
): Promise<Manifests> {
  const { filename, source } = options;
  if (options.prune === true && source === undefined && filename.includes('-')) {
    throw new UsageError('--prune with -f - needs --source: stdin has no name to compare with');
  }
  const files = await collectFiles(filename, world);
  return { source: source ?? filename.join(' '), files };
}

export async function sendManifests(
  { client }: Session,
  { source, files }: Manifests,
  flags: { prune: boolean; dryRun: boolean; yes: boolean },
): Promise<ApplyAnswer> {
  return client.call('apply', { body: { source, sources: files, ...flags } }, { timeoutMs: TIMEOUT_MS });
}
