import type { SnapshotRoute } from '@signalbox/domain';
import type { ShadowObserver } from '../observe/observers.ts';
import type { Share } from '../routing/choose-revision.ts';

/** Copies at once where the route does not say. */
const usualConcurrency = 8;

/** The revision that gets copies of a route's requests. */
export interface ShadowTarget<Backend = Share> {
  readonly backend: Backend;
  readonly basisPoints: number;
  readonly maxConcurrent: number;
  /** Of this route, to whatever revision: carried over from table to table. */
  readonly copies: { underWay: number };
  readonly observer: ShadowObserver;
}

/** Undefined where the route shadows nothing, or a revision that the snapshot does not have. */
export function shadowTarget<Backend extends Share>(
  { shadow }: Pick<SnapshotRoute, 'shadow'>,
  backends: readonly Backend[],
  parts: { copies: ShadowTarget['copies'] | undefined; observe: (backend: Backend) => ShadowObserver },
): ShadowTarget<Backend> | undefined {
  const backend = backends.find(({ revisionId }) => revisionId === shadow?.revisionId);
  if (shadow === undefined || shadow === null || backend === undefined) return undefined;
  const { basisPoints, maxConcurrent = usualConcurrency } = shadow;
  const copies = parts.copies ?? { underWay: 0 };
  return { backend, basisPoints, maxConcurrent, copies, observer: parts.observe(backend) };
}
