import type { Candidate } from '../routing/candidates.ts';
import type { Replica } from '../routing/replica.ts';

export type ShadowReplica = Pick<Candidate, 'state' | 'health' | 'inFlight' | 'load'> & Pick<Replica, 'shadowCopies'>;

/** Where nothing says how much a replica takes. */
const assumedInFlight = 16;
/** Copies leave half of a replica free: traffic that is moved to it must not meet them. */
const spareShare = 0.5;
const mostKvUse = 0.7;
const staleAfterMs = 5_000;

/**
 * The replica with the least to do that has room to spare, requests and copies counted together. `none`: there is none
 * that works; `full`: those that do have their own work.
 */
export function spareReplica<R extends ShadowReplica>(
  replicas: readonly R[],
  maxInFlight: number | null,
  now: number,
): R | 'none' | 'full' {
  let best: R | undefined;
  let works = false;
  for (const replica of replicas) {
    if (!isWorking(replica)) continue;
    works = true;
    if (!hasRoom(replica, maxInFlight, now)) continue;
    if (best === undefined || workOf(replica) < workOf(best)) best = replica;
  }
  return best ?? (works ? 'full' : 'none');
}

/** Whether a copy must make way: the replica leaves, or its own work and the copies are more than it takes. */
export function mustMakeWay(replica: ShadowReplica & { readonly gone: boolean }, maxInFlight: number | null): boolean {
  return replica.gone || !isWorking(replica) || workOf(replica) > (maxInFlight ?? assumedInFlight);
}

function isWorking({ state, health }: ShadowReplica): boolean {
  return state === 'serving' && health.admitted && health.ejection === null;
}

function hasRoom(replica: ShadowReplica, maxInFlight: number | null, now: number): boolean {
  // A replica that takes one request at a time still has room for a copy while it does nothing.
  if (workOf(replica) >= Math.max(1, (maxInFlight ?? assumedInFlight) * spareShare)) return false;
  const { load } = replica;
  if (load === null || now - load.at > staleAfterMs) return true;
  return (load.waiting ?? 0) === 0 && (load.kvUse ?? 0) <= mostKvUse;
}

function workOf({ inFlight, shadowCopies }: ShadowReplica): number {
  return inFlight + shadowCopies;
}
