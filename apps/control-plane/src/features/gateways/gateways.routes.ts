import { type Database, type Gateway, repositories, type SnapshotNumber } from '@signalbox/db';
import type { Clock } from '@signalbox/runtime';
import type { Handlers } from '../../http/index.ts';
import { iso } from '../instants.ts';

/** A gateway reports once a second; one that was silent for longer is not waited for. */
export interface GatewayRoutesDeps {
  database: Database;
  clock: Clock;
  silentAfterMs: number;
}

export function gatewayRoutes({ database, clock, silentAfterMs }: GatewayRoutesDeps): Pick<Handlers, 'listGateways'> {
  return {
    listGateways: async () => {
      const { gateways, snapshotState } = repositories(database);
      const newest = await snapshotState.current();
      const heardSince = clock.now() - silentAfterMs;
      return { body: { items: (await gateways.list()).map((gateway) => view(gateway, newest, heardSince)) } };
    },
  };
}

function view(gateway: Gateway, newest: SnapshotNumber, heardSince: number) {
  return {
    id: gateway.id,
    live: gateway.lastSeenAt >= heardSince,
    accepting: gateway.accepting,
    firstSeenAt: iso(gateway.firstSeenAt),
    lastSeenAt: iso(gateway.lastSeenAt),
    applied: { epoch: gateway.appliedEpoch, number: gateway.appliedNumber, hash: gateway.appliedHash },
    upToDate: gateway.appliedEpoch === newest.epoch && gateway.appliedNumber >= newest.number,
    inFlight: gateway.report.routes.reduce((sum, route) => sum + route.inFlight, 0),
  };
}
