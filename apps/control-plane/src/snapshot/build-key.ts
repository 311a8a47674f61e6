import type { SnapshotInputs } from '@signalbox/db';
import { type LimitScope, type LimitSpec, limitId, type SnapshotKey, type SnapshotLimit } from '@signalbox/domain';

/**
 * A consumer key as gateways know it. What is as usual is left out: an installation without limits keeps the snapshot,
 * and its hash, that it had before there were any.
 */
export function buildKey(key: SnapshotInputs['keys'][number], projectLimits: readonly LimitSpec[]): SnapshotKey {
  const { id, project, hash, routes, expiresAt, priority, weight, mayPin } = key;
  const limits = [...identified(`project/${project}`, projectLimits), ...identified(`key/${id}`, key.limits)];
  return {
    id,
    project,
    hash,
    routes,
    expiresAt,
    ...(limits.length === 0 ? {} : { limits }),
    ...(priority === 'standard' ? {} : { priority }),
    ...(weight === 1 ? {} : { weight }),
    ...(mayPin ? { mayPin } : {}),
  };
}

export function identified(scope: LimitScope, limits: readonly LimitSpec[]): readonly SnapshotLimit[] {
  return limits.map((limit) => ({ id: limitId(scope, limit), ...limit }));
}
