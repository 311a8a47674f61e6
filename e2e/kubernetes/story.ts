import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { attachToTestCluster, type TestCluster, until } from '@signalbox/testkit/kubernetes';
import {
  type Deployed,
  deployed,
  type Installation,
  type Load,
  type Outcome,
  startInstallation,
  startLoad,
} from '../installation/index.ts';
import { type EngineObjects, engineObjects } from './engine-objects.ts';
import { connect, createNamespace } from './kubernetes.ts';

const repository = path.resolve(import.meta.dirname, '../..');
/** What a manifest that says vLLM 0.32.0 asks a cluster for. */
export const vllmImage = 'vllm/vllm-openai:v0.32.0';
export const simulatedImage = 'signalbox/simulated-engine:0.32.0';

/** Signalbox beside a Kubernetes: control plane and gateway as processes, replicas as pods on its GPU nodes. */
export interface Story {
  signalbox: Installation;
  cluster: TestCluster;
  chat: Deployed;
  objects: EngineObjects;
  /** All that `explain` says, line by line. */
  explained(): Promise<readonly string[]>;
  untilExplained(words: RegExp): Promise<readonly string[]>;
  /** Callers of `chat` at a steady rate for as long as the work takes; every request's outcome. */
  underLoad(work: (load: Load) => Promise<void>, perSecond?: number): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

const patient = { withinMs: 90_000 };

export async function openStory(namespace: string): Promise<Story> {
  const cluster = await attachToTestCluster();
  await importEngine(cluster);
  const kubernetes = connect();
  await createNamespace(kubernetes, namespace, 'baseline');
  const signalbox = await startInstallation();
  const objects = engineObjects(namespace);
  const params = { name: 'chat' };
  const explained = async () => {
    const { summary, links } = await signalbox.client.explain({ params });
    return [summary, ...links.flatMap(({ lines }) => lines)];
  };
  let key: string | undefined;
  return {
    signalbox,
    cluster,
    chat: deployed(signalbox.client, 'chat'),
    objects,
    explained,
    untilExplained: (words) =>
      until({ what: `explain says ${words}`, ...patient, everyMs: 200 }, async () => {
        const lines = await explained();
        if (lines.some((line) => words.test(line))) return lines;
        throw new Error(lines.join('\n'));
      }),
    underLoad: async (work, perSecond = 15) => {
      key ??= await signalbox.createKey();
      const load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', perSecond, maxTokens: 20 });
      try {
        await work(load);
      } finally {
        await load.stop();
      }
      return load.outcomes;
    },
    close: async () => {
      await signalbox.stop();
      // Those who come after want the GPUs; a namespace that is deleted waits for its pods' grace.
      await objects.killAll();
      await kubernetes.core.deleteNamespace({ name: namespace });
      await until({ what: `namespace ${namespace} is gone`, ...patient }, () =>
        kubernetes.core.readNamespace({ name: namespace }).then(
          () => false,
          () => true,
        ),
      );
    },
  };
}

/**
 * The simulated engine under its own name, and under vLLM's: its image takes `vllm serve …` as the real one does, so
 * that everything but the model itself is as it would be with vLLM.
 */
async function importEngine(cluster: TestCluster): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'engine-image-'));
  try {
    const program = path.join(repository, 'scripts/images/build-images.ts');
    const tag = `simulated-engine=${vllmImage}`;
    const flags = ['--only', 'simulated-engine', '--tag', tag, '--out', folder];
    execFileSync(process.execPath, [program, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
    await cluster.importImage(path.join(folder, 'simulated-engine.tar'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Nothing of an engine's answer had come, which would name its version: another replica could have given it. */
export function failedUnbegun(outcomes: readonly Outcome[]): readonly Outcome[] {
  return failed(outcomes).filter(({ version }) => version === null);
}

export function failed(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ failure }) => failure !== null);
}
