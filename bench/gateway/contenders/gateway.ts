import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { newToken } from '@signalbox/runtime';
import {
  backendOf,
  routeOf,
  snapshotOf,
  TestControlPlane,
  token,
  until,
} from '../../../apps/gateway/src/gateway.fixture.ts';
import { freePort } from '../../../e2e/installation/process.ts';
import type { SnapshotLimit } from '../../../packages/domain/src/index.ts';
import { root } from '../rig/paths.ts';
import { startProcess } from '../rig/processes.ts';
import { modelName } from '../rig/requests.ts';
import { untilItAnswers } from './answers.ts';
import type { Contender, RunningContender, Setting } from './contender.ts';

/** The real program as its users start it, with its default settings and everything it does for a request. */
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
  const [port, adminPort] = [await freePort(), await freePort()];
  const started = startProcess({
    name: 'the gateway',
    command: [process.execPath, join(root, 'apps/gateway/src/main.ts')],
    core: 'proxy',
    logFile: join(folder, 'gateway.log'),
    env: {
      SIGNALBOX_CONTROL_PLANE_URL: controlPlane.url,
      SIGNALBOX_GATEWAY_TOKEN: token,
      SIGNALBOX_GATEWAY_DATA_DIR: join(folder, 'data'),
      SIGNALBOX_GATEWAY_PORT: String(port),
      SIGNALBOX_GATEWAY_ADMIN_PORT: String(adminPort),
      // One core is measured, so one process has it.
      SIGNALBOX_GATEWAY_WORKERS: '0',
    },
  });
  const stop = async (): Promise<void> => {
    await started.stop();
    await controlPlane.close();
  };
  const headers = { authorization: `Bearer ${key}` };
  try {
    await untilItAnswers('the gateway', started, port, headers);
    await until('every replica is admitted', () => controlPlane.last?.replicas.every((r) => r.admitted) ?? false);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name: 'gateway', port, pid: started.pid, headers, stop };
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
