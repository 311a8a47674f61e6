import { createHash } from 'node:crypto';
import { newToken } from '@signalbox/runtime';
import { backendOf, routeOf, snapshotOf, TestControlPlane, until } from '../../../apps/gateway/src/gateway.fixture.ts';
import type { SnapshotLimit } from '../../../packages/domain/src/index.ts';
import { startGatewayProcess } from '../rig/gateway-process.ts';
import { modelName } from '../rig/requests.ts';
import { untilItAnswers } from './answers.ts';
import type { Contender, RunningContender, Setting } from './contender.ts';

/** With everything that it does for a request. */
export const gateway: Contender = {
  name: 'gateway',
  prepare: async () => {},
  describe: () => `gateway: Node ${process.version}, consumer key with limits, 4 replicas, usage, metrics, log line`,
  start,
};

/** Bounds that are checked and booked for every request and never reached. */
const limits: readonly SnapshotLimit[] = [
  { id: 'l-requests', of: 'requests', per: 'minute', amount: 1e9 },
  { id: 'l-input', of: 'inputTokens', per: 'minute', amount: 1e13 },
  { id: 'l-output', of: 'outputTokens', per: 'day', amount: 1e15 },
  { id: 'l-concurrency', of: 'concurrency', per: null, amount: 1e6 },
];

async function start({ folder, mock }: Setting): Promise<RunningContender> {
  const key = newToken('sbx');
  const controlPlane = await new TestControlPlane().start();
  publishTo(controlPlane, key, mock.ports);
  const started = await startGatewayProcess({ folder, controlPlaneUrl: controlPlane.url });
  const stop = async (): Promise<void> => {
    await started.stop();
    await controlPlane.close();
  };
  const headers = { authorization: `Bearer ${key}` };
  try {
    await untilItAnswers('the gateway', started, started.port, headers);
    await until('every replica is admitted', () => controlPlane.last?.replicas.every((r) => r.admitted) ?? false);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name: 'gateway', port: started.port, pid: started.pid, headers, stop };
}

function publishTo(controlPlane: TestControlPlane, key: string, replicaPorts: readonly number[]): void {
  const at = replicaPorts.map((port) => `http://127.0.0.1:${port}`);
  const backend = backendOf({ revisionId: 'r-1', at, servedModelName: modelName });
  const route = routeOf([backend], { name: modelName, access: 'keys' });
  const hash = createHash('sha256').update(key).digest('hex');
  controlPlane.publish(
    snapshotOf([route], {
      keys: [{ id: 'k-1', project: route.project, hash, routes: ['*'], expiresAt: null, limits, priority: 'standard' }],
    }),
  );
}
