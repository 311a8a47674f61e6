import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { endedParts, startCluster } from './cluster.ts';
import { clusterFilePath } from './cluster-file.ts';
import type { InsideTask } from './with-kubernetes.ts';

/** The inner half of `with-kubernetes`: whatever it leaves running, the kernel ends with the namespace. */
const say = (line: string): void => console.error(`with-kubernetes: ${line}`);

async function main(task: InsideTask): Promise<number> {
  const startedAt = performance.now();
  const elapsed = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  const cluster = await startCluster({ ...task, say: (line) => say(`${line} (${elapsed()})`) });
  for (const image of task.images) await cluster.importImage(image);
  say(
    `Kubernetes is ready with ${task.nodes.map(({ name, gpus }) => `${name} (${gpus} GPUs)`).join(', ')} (${elapsed()})`,
  );
  const code = await runCommand(task, cluster.kubeconfigPath);
  for (const name of await endedParts(task.runDir)) say(`warning: ${name} was not running at the end`);
  return code;
}

function runCommand({ command, runDir }: InsideTask, kubeconfigPath: string): Promise<number> {
  const env = { ...process.env, KUBECONFIG: kubeconfigPath, SIGNALBOX_TEST_CLUSTER: clusterFilePath(runDir) };
  const [program, ...args] = command;
  const child = spawn(program, args, { env, stdio: 'inherit' });
  // A terminal sends Ctrl-C to the whole group by itself; this is for whoever signals the outer program alone.
  onSignal = (signal) => child.kill(signal);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(error.message);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** Until the command runs there is nobody to pass a signal to. */
let onSignal = (signal: NodeJS.Signals): unknown => process.exit(128 + constants.signals[signal]);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.once('disconnect', () => process.exit(1));
process.once('message', async (task: InsideTask) => {
  process.on('message', ({ signal }: { signal: NodeJS.Signals }) => onSignal(signal));
  try {
    process.exit(await main(task));
  } catch (error) {
    say(`Kubernetes did not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
});
