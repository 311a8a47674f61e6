import { createHash } from 'node:crypto';
import { newToken } from '@signalbox/runtime';
import { backendOf, routeOf, snapshotOf, TestControlPlane, until } from '../../../apps/gateway/src/gateway.fixture.ts';
import type { SnapshotLimit, SnapshotReplica, SnapshotRoute } from '../../../packages/domain/src/index.ts';
import { startGatewayProcess } from '../rig/gateway-process.ts';
import { modelName } from '../rig/requests.ts';
import { untilItAnswers } from './answers.ts';
import type { Contender, RunningContender } from './contender.ts';

/** With everything that it does for a request. */
export const gateway: Contender = {
  name: 'gateway',
  prepare: async () => {},
  describe: () => `gateway: Node ${process.version}, consumer key with limits, 4 replicas, usage, metrics, log line`,
  // As it is by default on one core.
  start: ({ folder, mock }) => startGateway({ folder, replicaPorts: mock.ports, workers: 1 }),
};

export interface GatewayOptions {
  folder: string;
  replicaPorts: readonly number[];
  /** Processes that carry traffic; with 0 the main process does. */
  workers: number;
  timeouts?: SnapshotRoute['timeouts'];
}

export interface RunningGateway extends RunningContender {
  pid: number;
  adminPort: number;
  logFile: string;
  /** Sends traffic to these and no others from now on, once all of them are admitted. */
  publish(replicas: readonly SnapshotReplica[]): Promise<void>;
}

/** Bounds that are checked and booked for every request and never reached. */
const limits: readonly SnapshotLimit[] = [
  { id: 'l-requests', of: 'requests', per: 'minute', amount: 1e9 },
  { id: 'l-input', of: 'inputTokens', per: 'minute', amount: 1e13 },
  { id: 'l-output', of: 'outputTokens', per: 'day', amount: 1e15 },
  { id: 'l-concurrency', of: 'concurrency', per: null, amount: 1e6 },
];

export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { folder, replicaPorts, workers, timeouts } = options;
  const key = newToken('sbx');
  const controlPlane = await new TestControlPlane().start();
  // It shares a core with the load, which nothing but the proxy should slow down.
  controlPlane.readsUsage = false;
  let published = 0;
  const offer = (replicas: readonly SnapshotReplica[]): void =>
    controlPlane.publish(aSnapshot({ key, replicas, timeouts, number: ++published }));
  const untilAdmitted = (replicas: readonly SnapshotReplica[]): Promise<void> => {
    const seen = (id: string) => controlPlane.last?.replicas.find(({ replicaId }) => replicaId === id);
    return until('every replica is admitted', () => replicas.every(({ id }) => seen(id)?.admitted === true));
  };
  const replicas = replicaPorts.map((at) => servingReplica(`r-1-${at}`, at));
  offer(replicas);
  const started = await startGatewayProcess({ folder, controlPlaneUrl: controlPlane.url, workers });
  const stop = async (): Promise<void> => {
    await started.stop();
    await controlPlane.close();
  };
  const headers = { authorization: `Bearer ${key}` };
  try {
    await untilItAnswers('the gateway', started, started.port, headers);
    await untilAdmitted(replicas);
  } catch (error) {
    await stop();
    throw error;
  }
  const { port, pid, adminPort, logFile } = started;
  const publish = (next: readonly SnapshotReplica[]): Promise<void> => {
    offer(next);
    return untilAdmitted(next);
  };
  return { name: 'gateway', port, pid, headers, adminPort, logFile, publish, stop };
}

export function servingReplica(id: string, port: number): SnapshotReplica {
  return { id, address: `127.0.0.1:${port}`, state: 'serving' };
}

function aSnapshot(of: {
  key: string;
  replicas: readonly SnapshotReplica[];
  timeouts: SnapshotRoute['timeouts'] | undefined;
  number: number;
}) {
  const { key, replicas, timeouts, number } = of;
  const backend = { ...backendOf({ revisionId: 'r-1', at: [], servedModelName: modelName }), replicas };
  const change = timeouts === undefined ? {} : { timeouts };
  const route = routeOf([backend], { name: modelName, access: 'keys', ...change });
  const hash = createHash('sha256').update(key).digest('hex');
  const consumer = { id: 'k-1', project: route.project, hash, routes: ['*'], expiresAt: null, limits };
  return snapshotOf([route], { keys: [{ ...consumer, priority: 'standard' }], number });
}
