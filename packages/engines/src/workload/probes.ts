import type { HttpProbe } from '@signalbox/domain';

/**
 * Looks often, so that a replica is not kept waiting once it is up, and goes on for at least as long as the
 * deployment grants.
 */
export function startupProbe(path: string, periodSeconds: number, timeoutSeconds: number, budgetMs: number): HttpProbe {
  const failureThreshold = Math.max(1, Math.ceil(budgetMs / 1000 / periodSeconds));
  return { path, periodSeconds, timeoutSeconds, failureThreshold };
}
