import type { ManifestKind } from '@signalbox/domain';

/** What identifies a manifest. Names and projects contain no slash. */
export function manifestKey(kind: ManifestKind, project: string | null, name: string): string {
  return project === null ? `${kind}/${name}` : `${kind}/${project}/${name}`;
}
