import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '@signalbox/domain';
import { silentLogger, systemClock } from '@signalbox/runtime';
import { type ClusterHarness, clusterConformance } from '../conformance.ts';
import { aSimulatedSpec } from '../conformance-workload.ts';
import { createLocalCluster } from './local-cluster.ts';
import { stopLocalReplicas } from './stop-replicas.ts';

const simulatedEngine = join(dirname(fileURLToPath(import.meta.url)), '../../../testkit/src/simulated-engine/main.ts');
const gpus = Array.from({ length: 4 }, () => ({ product: 'Simulated-GPU' }));

clusterConformance('local', openLocal);

async function openLocal(): Promise<ClusterHarness> {
  const stateDir = await mkdtemp(join(tmpdir(), 'signalbox-local-'));
  const options = {
    stateDir,
    gpus,
    env: { PATH: '/usr/bin:/bin' },
    programs: { node: process.execPath, simulatedEngine },
    clock: systemClock,
    log: silentLogger,
  };
  const open: Cluster[] = [createLocalCluster(options)];
  const [cluster] = open as [Cluster];
  const flat = await mkdtemp(join(tmpdir(), 'signalbox-flat-'));
  await writeFile(join(flat, 'replicas'), 'not a folder');
  return {
    cluster,
    gpusPerNode: gpus.length,
    patienceMs: 30_000,
    reopen: async () => {
      await Promise.all(open.splice(0).map((one) => one.close()));
      const again = createLocalCluster(options);
      open.push(again);
      return again;
    },
    unreachable: async () => createLocalCluster({ ...options, stateDir: flat }),
    spec: (behaviour) =>
      aSimulatedSpec({
        image: 'unused',
        program: [],
        localProgram: ['node', '{simulatedEngine}'],
        arguments: behaviour === 'crashes at load' ? ['--sim-crash-at-load'] : [],
        gpus:
          behaviour === 'needs more GPUs than there are' ? gpus.length + 1 : behaviour === 'serves on a GPU' ? 1 : 0,
      }),
    kill: async ({ id }) => {
      const record = JSON.parse(await readFile(join(stateDir, 'replicas', `${id}.json`), 'utf8'));
      process.kill(record.state.process.pid, 'SIGKILL');
    },
    close: async () => {
      await Promise.all(open.map((one) => one.close()));
      await stopLocalReplicas({ stateDir, withinMs: 2_000, clock: systemClock, log: silentLogger });
      for (const folder of [stateDir, flat]) await rm(folder, { recursive: true });
    },
  };
}
