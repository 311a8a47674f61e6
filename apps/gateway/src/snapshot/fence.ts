import type { Snapshot } from '@signalbox/domain';

export type SnapshotIdentity = Pick<Snapshot, 'epoch' | 'number' | 'hash'>;

/**
 * - `apply`: it is newer. A higher epoch wins whatever its number is: the control plane's history was replaced.
 * - `same`: it is what we have; acknowledging it again is enough.
 * - `older`: a late or stale control plane; refused.
 * - `conflict`: the same number with other content, which no correct control plane sends; refused loudly.
 */
export type FenceVerdict = 'apply' | 'same' | 'older' | 'conflict';

export function fence(current: SnapshotIdentity | undefined, offered: SnapshotIdentity): FenceVerdict {
  if (current === undefined) return 'apply';
  if (offered.epoch !== current.epoch) return offered.epoch > current.epoch ? 'apply' : 'older';
  if (offered.number !== current.number) return offered.number > current.number ? 'apply' : 'older';
  return offered.hash === current.hash ? 'same' : 'conflict';
}
