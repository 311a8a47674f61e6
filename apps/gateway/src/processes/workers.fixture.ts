import type { Snapshot } from '@signalbox/domain';
import { type TestControlPlane, token, until } from '../gateway.fixture.ts';
import { addressesOf, type GatewayProcess, startGatewayProcess, untilReady } from '../gateway-process.fixture.ts';

export interface StartedWorkers {
  gateway: GatewayProcess;
  url: string;
  port: number;
  admin: string;
}

/** A gateway whose workers all serve and have admitted the replicas. `started` hears of it first, to end it in any case. */
export async function startWorkers(options: {
  workers: number;
  controlPlane: TestControlPlane;
  dataDir: string;
  snapshot: Snapshot;
  env?: Readonly<Record<string, string>>;
  started: (gateway: GatewayProcess) => void;
}): Promise<StartedWorkers> {
  const { workers, controlPlane, dataDir, snapshot, env } = options;
  const gateway = startGatewayProcess({
    SIGNALBOX_CONTROL_PLANE_URL: controlPlane.url,
    SIGNALBOX_GATEWAY_TOKEN: token,
    SIGNALBOX_GATEWAY_DATA_DIR: dataDir,
    SIGNALBOX_GATEWAY_WORKERS: String(workers),
    ...env,
  });
  options.started(gateway);
  controlPlane.publish(snapshot);
  const addresses = await addressesOf(gateway);
  await until('all workers serve', () => gateway.served().length === workers, 20_000);
  await untilReady(addresses.admin);
  const wanted = snapshot.routes.flatMap(({ backends }) => backends.flatMap(({ replicas }) => replicas)).length;
  await until('the replicas are admitted', () => {
    const replicas = controlPlane.last?.replicas ?? [];
    return replicas.length === wanted && replicas.every(({ admitted }) => admitted);
  });
  return { gateway, ...addresses };
}
