import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { token } from '../../../apps/gateway/src/gateway.fixture.ts';
import { freePort } from '../../../e2e/installation/process.ts';
import { root } from './paths.ts';
import { type Running, startProcess } from './processes.ts';

export interface GatewayProcess extends Running {
  port: number;
  adminPort: number;
  logFile: string;
  url: string;
}

/** The real program as its users start it, with its default settings; `folder` keeps its data over several starts. */
export async function startGatewayProcess(options: {
  folder: string;
  controlPlaneUrl: string;
  workers?: number;
}): Promise<GatewayProcess> {
  const { folder, controlPlaneUrl, workers = 0 } = options;
  mkdirSync(folder, { recursive: true });
  const [port, adminPort] = [await freePort(), await freePort()];
  const logFile = join(folder, 'gateway.log');
  const started = startProcess({
    name: 'the gateway',
    command: [process.execPath, join(root, 'apps/gateway/src/main.ts')],
    core: 'proxy',
    endedBy: 'TERM',
    logFile,
    env: {
      SIGNALBOX_CONTROL_PLANE_URL: controlPlaneUrl,
      SIGNALBOX_GATEWAY_TOKEN: token,
      SIGNALBOX_GATEWAY_DATA_DIR: join(folder, 'data'),
      SIGNALBOX_GATEWAY_PORT: String(port),
      SIGNALBOX_GATEWAY_ADMIN_PORT: String(adminPort),
      // One core is measured, so one process has it unless something else is said.
      SIGNALBOX_GATEWAY_WORKERS: String(workers),
      // All callers are one address here.
      SIGNALBOX_GATEWAY_MAX_CONNECTIONS_PER_ADDRESS: '20000',
    },
  });
  return { ...started, port, adminPort, logFile, url: `http://127.0.0.1:${port}` };
}
