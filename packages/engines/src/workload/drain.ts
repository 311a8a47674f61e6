import type { DeploymentSpec, DrainSpec } from '@signalbox/domain';

/**
 * Gateways let go of a replica before it is told to stop. The delay is for replicas that others take away (an
 * eviction, a deleted pod): the time from the notice to every gateway having heard of it.
 */
export function drain(deployment: DeploymentSpec, preStopDelaySeconds: number): DrainSpec {
  return { preStopDelaySeconds, timeoutSeconds: Math.floor(deployment.drain.timeoutMs / 1000) };
}
