import type { SnapshotBackend } from '@signalbox/domain';

/** What a caller may name by header: one revision, or a model version. */
export interface WantedRevision {
  /** An id, a number, or `deployment/number` as answers name it. */
  readonly revision?: string | undefined;
  readonly version?: string | undefined;
}

export type Pinned =
  | { readonly kind: 'none' }
  | { readonly kind: 'revision'; readonly revisionId: string }
  /** The key may not choose. */
  | { readonly kind: 'forbidden' }
  /** No revision of the route has that name. */
  | { readonly kind: 'unknown' };

type Revision = Pick<SnapshotBackend, 'revisionId' | 'deployment' | 'revision' | 'version' | 'versionDigest'>;

const none: Pinned = { kind: 'none' };

/** The one revision that a caller asked for. Of several with one version the newest is meant, whatever its weight. */
export function pinnedRevision(revisions: readonly Revision[], wanted: WantedRevision, mayPin: boolean): Pinned {
  const { revision, version } = wanted;
  if (revision === undefined && version === undefined) return none;
  if (!mayPin) return { kind: 'forbidden' };
  let found: Revision | undefined;
  for (const candidate of revisions) {
    if (revision !== undefined && !isRevision(candidate, revision)) continue;
    if (version !== undefined && candidate.version !== version && candidate.versionDigest !== version) continue;
    if (found === undefined || candidate.revision > found.revision) found = candidate;
  }
  return found === undefined ? { kind: 'unknown' } : { kind: 'revision', revisionId: found.revisionId };
}

function isRevision({ revisionId, deployment, revision }: Revision, name: string): boolean {
  return name === revisionId || name === String(revision) || name === `${deployment}/${revision}`;
}
