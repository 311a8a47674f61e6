import { fileURLToPath } from 'node:url';
import type { Secrets } from './credentials.ts';
import type { DataFolder } from './data-folder.ts';
import type { Options } from './options.ts';
import { SupervisedProcess } from './supervised-process.ts';

const program = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What the parts may see of our own environment: where programs and caches are, and what engines take from it. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'LANG',
  'TMPDIR',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_HOME',
  'LD_LIBRARY_PATH',
  'HF_HOME',
  'HF_TOKEN',
  'VIRTUAL_ENV',
  'SSL_CERT_FILE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
];

export interface Parts {
  controlPlane: SupervisedProcess;
  gateway: SupervisedProcess;
}

/** Control plane and gateway as processes of their own: one may die without the other noticing. */
export function startParts(
  folder: DataFolder,
  secrets: Secrets,
  databaseUrl: string,
  { ports, verbose }: Options,
  processEnv: NodeJS.ProcessEnv,
): Parts {
  const shared = Object.fromEntries(PASSED_ON.flatMap((name) => (processEnv[name] ? [[name, processEnv[name]]] : [])));
  const logging = { SIGNALBOX_LOG_FORMAT: verbose ? 'pretty' : 'json', SIGNALBOX_LOG_LEVEL: 'info' };
  const controlPlane = new SupervisedProcess(
    {
      name: 'control-plane',
      program: program('control-plane/src/main.ts'),
      env: {
        ...shared,
        ...logging,
        SIGNALBOX_DATABASE_URL: databaseUrl,
        SIGNALBOX_PORT: String(ports.api),
        SIGNALBOX_ADMIN_PORT: String(ports.apiAdmin),
        SIGNALBOX_BOOTSTRAP_TOKEN: secrets.adminToken,
        SIGNALBOX_BOOTSTRAP_GATEWAY_TOKEN: secrets.gatewayToken,
        SIGNALBOX_LOCAL_CLUSTER_DIR: folder.in('cluster'),
      },
    },
    folder,
    verbose,
  );
  const gateway = new SupervisedProcess(
    {
      name: 'gateway',
      program: program('gateway/src/main.ts'),
      env: {
        ...shared,
        ...logging,
        SIGNALBOX_CONTROL_PLANE_URL: `http://127.0.0.1:${ports.api}`,
        SIGNALBOX_GATEWAY_TOKEN: secrets.gatewayToken,
        SIGNALBOX_GATEWAY_ID: 'local',
        SIGNALBOX_GATEWAY_DATA_DIR: folder.in('gateway'),
        SIGNALBOX_GATEWAY_PORT: String(ports.gateway),
        SIGNALBOX_GATEWAY_ADMIN_PORT: String(ports.gatewayAdmin),
        SIGNALBOX_GATEWAY_DRAIN_MS: '3000',
        // A laptop has better uses for its cores and memory than one process for each.
        SIGNALBOX_GATEWAY_WORKERS: '1',
      },
    },
    folder,
    verbose,
  );
  controlPlane.start();
  gateway.start();
  return { controlPlane, gateway };
}
