import type { RoutableRevision, SnapshotInputs } from '@signalbox/db';
import type { ShadowSpec, SnapshotRoute, TrafficSplit } from '@signalbox/domain';
import { identified } from './build-key.ts';

type Policies = Omit<SnapshotRoute, 'id' | 'project' | 'name' | 'split' | 'backends' | 'timeouts' | 'access'>;

interface Serving {
  split: TrafficSplit;
  /** What the deployment could serve with. */
  revisions: readonly RoutableRevision[];
}

/** What a route's manifest says beyond where its traffic goes. Absent stays absent: the gateway has its own ways. */
export function routePolicies(
  { id, spec }: Pick<SnapshotInputs['routes'][number], 'id' | 'spec'>,
  serving: Serving,
): Policies {
  const { limits, queue, routing, sticky, cors, capture, maxBodyBytes } = spec;
  const shadow = spec.shadow && shadowOf(spec.shadow, serving);
  return {
    ...(limits === undefined ? {} : { limits: identified(`route/${id}`, limits) }),
    ...(queue === undefined ? {} : { queue }),
    ...(routing === undefined ? {} : { routing }),
    ...(sticky === undefined ? {} : { sticky }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(cors === undefined ? {} : { cors }),
    ...(capture === undefined ? {} : { capture }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
  };
}

/**
 * The newest revision of that version, while it could answer. None once it has all of the traffic: a copy would only
 * ask the same replicas the same thing twice.
 */
function shadowOf(
  { version, ...bounds }: ShadowSpec,
  { split, revisions }: Serving,
): SnapshotRoute['shadow'] | undefined {
  const [newest] = revisions.filter((it) => it.version === version).toSorted((a, b) => b.number - a.number);
  if (newest === undefined) return undefined;
  const weight = split.find(({ revisionId }) => revisionId === newest.id)?.weight ?? 0;
  return weight === 10_000 ? undefined : { revisionId: newest.id, ...bounds };
}
