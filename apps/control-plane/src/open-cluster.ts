import { fileURLToPath } from 'node:url';
import { createKubernetesCluster, createLocalCluster } from '@signalbox/clusters';
import { assertNever, type Cluster } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import type { KnownCluster } from './controllers/clusters/index.ts';
import type { Env } from './env.ts';

const FIELD_MANAGER = 'signalbox';
const simulatedEngine = fileURLToPath(
  new URL('../../../packages/testkit/src/simulated-engine/main.ts', import.meta.url),
);

/** Opens the adapter that a cluster's spec names. */
export function clusterOpener(options: {
  env: Env;
  /** The environment that local engines may take from: paths, caches, tokens of hubs. */
  processEnv: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
}): (known: KnownCluster) => Cluster {
  const { env, processEnv, clock } = options;
  return ({ name, spec }) => {
    const log = options.log.with({ cluster: name });
    switch (spec.adapter) {
      case 'local':
        return createLocalCluster({
          stateDir: `${env.SIGNALBOX_LOCAL_CLUSTER_DIR}/${name}`,
          gpus: spec.gpus,
          env: processEnv,
          programs: { node: process.execPath, simulatedEngine: env.SIGNALBOX_SIMULATED_ENGINE ?? simulatedEngine },
          clock,
          log,
        });
      case 'kubernetes':
        return createKubernetesCluster({
          kubeconfig: spec.kubeconfig ?? 'in-cluster',
          namespace: spec.namespace,
          fieldManager: FIELD_MANAGER,
          instance: env.SIGNALBOX_INSTANCE,
          clock,
          log,
        });
      default:
        return assertNever(spec);
    }
  };
}
