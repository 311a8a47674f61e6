import { type Database, repositories } from '@signalbox/db';
import type { DeploymentId, Instant } from '@signalbox/domain';
import { loadGateways } from '../world/index.ts';

/** Requests in flight per deployment over all gateways now; null where a gateway's share is not known. */
export async function sampleDemand(db: Database, now: Instant): Promise<ReadonlyMap<DeploymentId, number | null>> {
  const [gateways, routes] = await Promise.all([loadGateways(db, now), repositories(db).routes.listAll()]);
  const complete = gateways.length > 0 && gateways.every((gateway) => gateway.live);
  const inFlight = new Map<DeploymentId, number | null>();
  for (const route of routes) {
    const here = gateways.reduce((sum, gateway) => sum + (gateway.routes.get(route.id) ?? 0), 0);
    inFlight.set(route.deploymentId, complete ? (inFlight.get(route.deploymentId) ?? 0) + here : null);
  }
  return inFlight;
}
