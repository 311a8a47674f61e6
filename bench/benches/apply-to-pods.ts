import { setTimeout as pause } from 'node:timers/promises';
import { createKubernetesCluster } from '@signalbox/clusters';
import { silentLogger, systemClock } from '@signalbox/runtime';
import { chat, foundation, type Installation, startInstallation, until } from '../../e2e/installation/index.ts';
import { stopOnSignals } from '../stop-on-signals.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';

const namespace = 'default';
const instance = 'signalbox-bench';
const replicas = 2;
const lookEveryMs = 5;
const nothingCameMs = 60_000;

export const applyToPods: Bench = {
  name: 'apply-to-pods',
  title: `apply of a new deployment with ${replicas} replicas until its pods (locally: processes) are created`,
  run,
};

/** Where pods are counted. */
interface Place {
  words: string;
  clusterManifest: string;
  podCount(signalbox: Installation): Promise<number>;
  /** Whether a pod of it comes to serve: on a Kubernetes given to us nobody knows which images it has. */
  serves: boolean;
  close(): Promise<void>;
}

async function run(options: BenchOptions): Promise<BenchResult> {
  const place = options.kubeconfig === undefined ? localMachine() : kubernetes(options.kubeconfig);
  const signalbox = await startInstallation({ env: { SIGNALBOX_LOG_LEVEL: 'info', SIGNALBOX_INSTANCE: instance } });
  stopOnSignals(() => signalbox.stop());
  const count = options.quick ? 5 : 20;
  const [answered, created, serving]: [number[], number[], number[]] = [[], [], []];
  try {
    await signalbox.apply(place.clusterManifest);
    await pause(3_000);
    for (let i = 1; i <= count; i++) {
      const name = `bench-${i}`;
      const before = await place.podCount(signalbox);
      const startedAt = performance.now();
      await signalbox.apply(deploymentNamed(name));
      answered.push(performance.now() - startedAt);
      const look = async () => (await place.podCount(signalbox)) >= before + replicas;
      await until(`pods of ${name}`, look, { withinMs: nothingCameMs, everyMs: lookEveryMs });
      created.push(performance.now() - startedAt);
      if (!place.serves) continue;
      await signalbox.untilServing(name, 'v1', replicas);
      serving.push(performance.now() - startedAt);
    }
    if (!place.serves) await removeAll(signalbox, place, count);
  } finally {
    await place.close();
    await signalbox.stop();
  }
  const figures = [
    { name: 'apply answered', unit: 'ms', samples: answered },
    { name: 'pods created', unit: 'ms', samples: created },
    ...(place.serves ? [{ name: 'all replicas serve', unit: 'ms', samples: serving }] : []),
  ];
  return { figures, notes: [place.words, `looked for every ${lookEveryMs} ms; one deployment after the other`] };
}

function localMachine(): Place {
  return {
    words: 'local cluster: a pod is an engine process that has a pid; engines are simulated',
    clusterManifest: foundation,
    podCount: async (signalbox) => signalbox.replicaPids().length,
    serves: true,
    close: async () => undefined,
  };
}

function kubernetes(kubeconfig: string): Place {
  const cluster = createKubernetesCluster({
    kubeconfig,
    namespace,
    instance,
    fieldManager: 'signalbox-bench',
    clock: systemClock,
    log: silentLogger,
  });
  const spec = `{ kubernetes: { kubeconfig: ${JSON.stringify(kubeconfig)}, namespace: ${namespace} } }`;
  return {
    words: `the Kubernetes of ${kubeconfig}, namespace ${namespace}: a pod counts when the API server lists it`,
    clusterManifest: foundation.replace('{ local: { gpus: [] } }', spec),
    podCount: async () => {
      const seen = await cluster.observe();
      if (seen.kind === 'unknown') throw new Error('the Kubernetes API server does not answer');
      return seen.value.workloads.reduce((sum, workload) => sum + workload.replicas.length, 0);
    },
    serves: false,
    close: () => cluster.close(),
  };
}

function deploymentNamed(name: string): string {
  return chat({ replicas })
    .replaceAll('name: chat', `name: ${name}`)
    .replace('deployment: chat', `deployment: ${name}`);
}

/** A cluster that is not ours is left as it was found. */
async function removeAll(signalbox: Installation, place: Place, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await signalbox.client.deleteRoute({ params: { name: `bench-${i}` } });
    await signalbox.client.deleteDeployment({ params: { name: `bench-${i}` }, query: { yes: 'true' } });
  }
  await until('the pods are gone', async () => (await place.podCount(signalbox)) === 0, { withinMs: nothingCameMs });
}
