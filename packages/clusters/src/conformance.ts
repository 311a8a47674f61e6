import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Cluster, ObservedReplica, ObservedWorkload, Workload, WorkloadSpec } from '@signalbox/domain';
import { aWorkload } from './conformance-workload.ts';

/** What a suite brings: one real cluster and a few engines that run on it. */
export interface ClusterHarness {
  cluster: Cluster;
  /** Another adapter onto the same cluster, as a control plane has it after its restart. */
  reopen(): Promise<Cluster>;
  /** An adapter whose cluster doesn't answer. */
  unreachable(): Promise<Cluster>;
  /** The engine of a workload, by what it does. No GPU unless it says so. */
  spec(behaviour: EngineBehaviour): WorkloadSpec;
  /** Ends a replica without a word to its cluster. */
  kill(replica: ObservedReplica): Promise<void>;
  /** The longest that a node's GPUs go. */
  gpusPerNode: number;
  /** How long any one thing may take here. */
  patienceMs: number;
  close(): Promise<void>;
}

export type EngineBehaviour = 'serves' | 'serves on a GPU' | 'crashes at load' | 'needs more GPUs than there are';

/** The promises of the `Cluster` port, told as stories. Every adapter keeps them on its real cluster. */
export function clusterConformance(name: string, open: () => Promise<ClusterHarness>, startTimeoutMs = 60_000): void {
  describe(`the ${name} cluster`, () => {
    let harness: ClusterHarness;

    beforeAll(async () => {
      harness = await open();
    }, startTimeoutMs);
    afterAll(() => harness?.close(), startTimeoutMs);

    function story(sentence: string, tell: () => Promise<void>): void {
      test(sentence, async () => tell(), startTimeoutMs * 4);
    }

    const apply = async (workload: Workload, replicas: number) => {
      const result = await harness.cluster.apply(workload, replicas);
      expect(['created', 'resized', 'unchanged']).toContain(result.kind);
      return result.kind;
    };

    async function seen(workload: Workload, cluster = harness.cluster): Promise<ObservedWorkload | undefined> {
      const reading = await cluster.observe();
      if (reading.kind === 'unknown') throw new Error(`the cluster is unknown: ${reading.because}`);
      return reading.value.workloads.find((one) => one.name === workload.name);
    }

    /** Polls until the workload is as wanted; what it was last goes into the failure. */
    async function eventually(
      workload: Workload,
      wanted: (observed: ObservedWorkload) => boolean,
    ): Promise<ObservedWorkload> {
      const deadline = performance.now() + harness.patienceMs;
      for (;;) {
        const observed = await seen(workload);
        if (observed !== undefined && wanted(observed)) return observed;
        if (performance.now() > deadline)
          throw new Error(`not as wanted in time: ${JSON.stringify(observed, null, 2)}`);
        await pause();
      }
    }

    async function removed(workload: Workload): Promise<void> {
      await harness.cluster.remove(workload);
      const deadline = performance.now() + harness.patienceMs;
      while ((await seen(workload)) !== undefined) {
        if (performance.now() > deadline) throw new Error(`${workload.name} was not removed in time`);
        await pause();
      }
    }

    const allReady = (count: number) => (observed: ObservedWorkload) =>
      observed.replicas.length === count && observed.replicas.every(({ phase }) => phase === 'ready');

    story('brings up as many replicas as it was told, and each serves at its address', async () => {
      const workload = aWorkload('serving', harness.spec('serves'));
      expect(await apply(workload, 2)).toBe('created');
      const observed = await eventually(workload, allReady(2));
      expect(observed).toMatchObject({
        projectId: workload.projectId,
        deploymentId: workload.deploymentId,
        revisionId: workload.revisionId,
        specHash: workload.specHash,
        wantedReplicas: 2,
        drift: [],
        problem: null,
      });
      for (const replica of observed.replicas) {
        expect(replica).toMatchObject({ restarts: 0, reason: null });
        expect(replica.node).not.toBeNull();
        expect(replica.startedAt).not.toBeNull();
        expect((await fetch(`http://${replica.address}/health`)).status).toBe(200);
      }
      expect(new Set(observed.replicas.map(({ id }) => id)).size).toBe(2);
      await removed(workload);
    });

    story('changes nothing when the same is applied again', async () => {
      const workload = aWorkload('twice', harness.spec('serves'));
      await apply(workload, 1);
      const before = await eventually(workload, allReady(1));
      expect(await apply(workload, 1)).toBe('unchanged');
      expect((await eventually(workload, allReady(1))).replicas).toEqual(before.replicas);
      await removed(workload);
    });

    story('refuses another spec under a name that exists, and leaves what runs as it is', async () => {
      const workload = aWorkload('taken', harness.spec('serves'));
      await apply(workload, 1);
      const before = await eventually(workload, allReady(1));
      const other = { ...workload, specHash: 'other', spec: { ...workload.spec, env: { OTHER: 'spec' } } };
      expect(await harness.cluster.apply(other, 2)).toMatchObject({ kind: 'conflict' });
      const after = await eventually(workload, allReady(1));
      expect(after.replicas).toEqual(before.replicas);
      expect(after.wantedReplicas).toBe(1);
      await removed(workload);
    });

    story('refuses a name that no cluster could hold', async () => {
      const workload = aWorkload('Not_A_Label', harness.spec('serves'));
      expect(await harness.cluster.apply(workload, 1)).toMatchObject({ kind: 'refused' });
    });

    story('grows without a restart of what runs, and shrinks by the replicas that were named', async () => {
      const workload = aWorkload('resized', harness.spec('serves'));
      await apply(workload, 1);
      const [first] = (await eventually(workload, allReady(1))).replicas;
      expect(await apply(workload, 3)).toBe('resized');
      const grown = await eventually(workload, allReady(3));
      expect(grown.replicas.find(({ id }) => id === first?.id)).toEqual(first);
      const named = grown.replicas.filter(({ id }) => id !== first?.id)[0];
      await harness.cluster.preferRemoval(
        workload,
        [first, named].flatMap((replica) => replica?.id ?? []),
      );
      expect(await apply(workload, 1)).toBe('resized');
      const shrunk = await eventually(workload, allReady(1));
      expect([first?.id, named?.id]).not.toContain(shrunk.replicas[0]?.id);
      const kept = grown.replicas.find(({ id }) => id === shrunk.replicas[0]?.id);
      expect(shrunk.replicas).toEqual([kept]);
      await removed(workload);
    });

    story('keeps a workload of no replicas, and forgets one that was removed', async () => {
      const workload = aWorkload('empty', harness.spec('serves'));
      expect(await apply(workload, 0)).toBe('created');
      expect(await eventually(workload, () => true)).toMatchObject({ wantedReplicas: 0, replicas: [] });
      await removed(workload);
      await harness.cluster.remove(workload);
      await harness.cluster.restartReplica(workload, 'gone' as ObservedReplica['id']);
      await harness.cluster.preferRemoval(workload, ['gone' as ObservedReplica['id']]);
    });

    story('puts another in the place of a replica that died', async () => {
      const workload = aWorkload('killed', harness.spec('serves'));
      await apply(workload, 2);
      const [victim, other] = (await eventually(workload, allReady(2))).replicas;
      if (victim === undefined) throw new Error('there is no replica to kill');
      await harness.kill(victim);
      const after = await eventually(
        workload,
        (observed) =>
          allReady(2)(observed) &&
          observed.replicas.every(({ id, restarts }) => id !== victim.id || restarts > victim.restarts),
      );
      expect(after.replicas.find(({ id }) => id === other?.id)).toEqual(other);
      await removed(workload);
    });

    story('takes a replica away when told to restart it, and starts another', async () => {
      const workload = aWorkload('restarted', harness.spec('serves'));
      await apply(workload, 2);
      const [chosen, other] = (await eventually(workload, allReady(2))).replicas;
      if (chosen === undefined) throw new Error('there is no replica to restart');
      await harness.cluster.restartReplica(workload, chosen.id);
      const after = await eventually(
        workload,
        (observed) => allReady(2)(observed) && observed.replicas.every(({ id }) => id !== chosen.id),
      );
      expect(after.replicas.find(({ id }) => id === other?.id)).toEqual(other);
      await removed(workload);
    });

    story('says how an engine ended that crashes at load, with its last words, and goes on trying', async () => {
      const workload = aWorkload('crashing', harness.spec('crashes at load'));
      await apply(workload, 1);
      const tried = (observed: ObservedWorkload) =>
        observed.replicas.some(({ phase, restarts }) => phase === 'failing' && restarts > 0);
      const observed = await eventually(workload, tried);
      expect(observed.replicas[0]?.reason).toMatch(/code 1\b.*Engine core initialization failed/s);
      const [replica] = observed.replicas;
      const log = replica === undefined ? [] : await harness.cluster.logs(workload, replica.id, 2);
      expect(log.length).toBeGreaterThan(0);
      expect(log.join('\n')).toContain('Engine core initialization failed');
      await removed(workload);
    });

    story('leaves a replica pending that needs more GPUs than there are, and says why', async () => {
      const workload = aWorkload('hungry', harness.spec('needs more GPUs than there are'));
      await apply(workload, 1);
      const observed = await eventually(workload, ({ replicas }) =>
        replicas.some(({ phase, reason }) => phase === 'pending' && /gpu/i.test(reason ?? '')),
      );
      expect(observed.replicas[0]).toMatchObject({ address: null, node: null });
      await removed(workload);
    });

    story('counts the GPUs that replicas hold', async () => {
      const gpus = async () => {
        const reading = await harness.cluster.capacity();
        if (reading.kind === 'unknown') throw new Error(reading.because);
        const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
        return {
          total: sum(reading.value.map((node) => node.gpus.total)),
          free: sum(reading.value.map((node) => node.gpus.free)),
        };
      };
      const before = await gpus();
      expect(before.total).toBeGreaterThanOrEqual(harness.gpusPerNode);
      const workload = aWorkload('counted', harness.spec('serves on a GPU'));
      await apply(workload, 2);
      await eventually(workload, allReady(2));
      expect(await gpus()).toEqual({ total: before.total, free: before.free - 2 });
      await removed(workload);
      expect(await gpus()).toEqual(before);
    });

    story('shows the last lines of a log, newest last', async () => {
      const workload = aWorkload('talking', harness.spec('serves'));
      await apply(workload, 1);
      const [replica] = (await eventually(workload, allReady(1))).replicas;
      if (replica === undefined) throw new Error('there is no replica');
      const [last] = await harness.cluster.logs(workload, replica.id, 1);
      expect(last).toContain('Application startup complete');
      expect(await harness.cluster.logs(workload, 'gone' as ObservedReplica['id'], 10)).toEqual([]);
      await removed(workload);
    });

    story('hints that something changed', async () => {
      let hints = 0;
      const watching = harness.cluster.watch(() => {
        hints += 1;
      });
      const workload = aWorkload('hinting', harness.spec('serves'));
      await apply(workload, 1);
      await eventually(workload, (observed) => hints > 0 && allReady(1)(observed));
      await watching.stop();
      const atStop = hints;
      await removed(workload);
      expect(hints).toBe(atStop);
    });

    story('is found again, as it was, by a control plane that comes back', async () => {
      const workload = aWorkload('found', harness.spec('serves'));
      await apply(workload, 2);
      const before = await eventually(workload, allReady(2));
      harness.cluster = await harness.reopen();
      const after = await eventually(workload, allReady(2));
      expect(after).toEqual(before);
      expect(await apply(workload, 2)).toBe('unchanged');
      await removed(workload);
    });

    story('is unknown, and nothing is said of replicas, when the cluster does not answer', async () => {
      const silent = await harness.unreachable();
      const first = await silent.observe();
      const second = await silent.observe();
      expect(first.kind).toBe('unknown');
      if (first.kind === 'known' || second.kind === 'known') throw new Error('a silent cluster was known');
      expect(second.since).toBe(first.since);
      expect(first.because).not.toBe('');
      expect((await silent.capacity()).kind).toBe('unknown');
      await silent.close();
    });
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
