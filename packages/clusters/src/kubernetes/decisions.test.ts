import { describe, expect, test } from '@jest/globals';
import { aSimulatedSpec, aWorkload } from '../conformance-workload.ts';
import type { ContainerStatus, Deployment, Node, Pod, PodTemplate } from './api-types.ts';
import { driftOf } from './drift.ts';
import { nodeCapacities } from './node-capacity.ts';
import { observedWorkloads } from './observe-kubernetes.ts';
import { labelValue, ownLabels } from './ownership.ts';
import { parseQuantity } from './quantity.ts';
import { renderDeployment } from './render-deployment.ts';
import { renderPod } from './render-pod.ts';
import { type NodeFact, nodeFact, replicaPhase } from './replica-phase.ts';
import { lineBeginnings } from './watch-hints.ts';

const spec = aSimulatedSpec({ image: 'engine:1', program: ['engine'], localProgram: [], gpus: 1 });
const workload = aWorkload('chat', spec);
const readyNode: NodeFact = { kind: 'ready' };

interface PodChanges {
  state?: Record<string, unknown>;
  last?: Record<string, unknown>;
  restarts?: number;
  started?: boolean;
  ready?: { status: string; since?: string; reason?: string };
  containersReady?: string;
  scheduled?: { status: string; message?: string };
  nodeName?: string | undefined;
  status?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

/** A pod as the API tells it, as far as phases depend on it. */
function aPod(changes: PodChanges = {}): Pod {
  const { ready = { status: 'False' }, scheduled = { status: 'True' } } = changes;
  const container = {
    name: 'engine',
    restartCount: changes.restarts ?? 0,
    ready: (changes.containersReady ?? ready.status) === 'True',
    started: changes.started ?? false,
    state: changes.state ?? {},
    lastState: changes.last ?? {},
  } as unknown as ContainerStatus;
  return {
    metadata: { name: 'chat-x', uid: 'uid-1', labels: ownLabels(workload, 'test'), ...changes.metadata },
    spec: { ...renderPod(workload, 'test').spec, nodeName: 'nodeName' in changes ? changes.nodeName : 'gpu-a' },
    status: {
      phase: 'Running',
      conditions: [
        { type: 'PodScheduled', ...scheduled },
        {
          type: 'Ready',
          status: ready.status,
          reason: ready.reason,
          lastTransitionTime: ready.since ?? '2026-09-30T12:00:00Z',
        },
        { type: 'ContainersReady', status: changes.containersReady ?? ready.status },
      ],
      containerStatuses: [container],
      podIP: '198.18.1.7',
      ...changes.status,
    },
  } as unknown as Pod;
}

const runningSince = (startedAt: string) => ({ running: { startedAt } });
const exit = (exitCode: number, reason = 'Error', message?: string) => ({ terminated: { exitCode, reason, message } });
const unscheduled = { nodeName: undefined, status: { phase: 'Pending', containerStatuses: undefined } };
const scheduler = '0/2 nodes are available: 2 Insufficient nvidia.com/gpu.';

/** Its node was silent for a while, or the API server was and it looked so. */
const unreadyByController = aPod({
  started: true,
  ready: { status: 'False', since: '2026-09-30T12:05:00Z' },
  containersReady: 'True',
  state: runningSince('2026-09-30T12:00:01Z'),
});

describe('the phase of a pod', () => {
  test.each<{ name: string; pod: Pod; node?: NodeFact; warning?: string; want: [string, string | null] }>([
    {
      name: 'waits for a node, in the words of the scheduler',
      pod: aPod({ ...unscheduled, scheduled: { status: 'False', message: scheduler } }),
      want: ['pending', scheduler],
    },
    { name: 'has not been looked at by the scheduler', pod: aPod(unscheduled), want: ['pending', null] },
    {
      name: 'is being created',
      pod: aPod({ state: { waiting: { reason: 'ContainerCreating' } } }),
      want: ['starting', null],
    },
    {
      name: 'is being created, and a volume does not come',
      pod: aPod({ state: { waiting: { reason: 'ContainerCreating' } } }),
      warning: 'MountVolume.SetUp failed for volume "weights"',
      want: ['starting', 'MountVolume.SetUp failed for volume "weights"'],
    },
    {
      name: 'cannot have its image',
      pod: aPod({ state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' } } }),
      want: ['failing', 'ImagePullBackOff: Back-off pulling image "x"'],
    },
    {
      name: 'waits to be started again after a crash',
      pod: aPod({
        restarts: 2,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        last: exit(1, 'Error', 'loading\nRuntimeError: no GPU\n\n'),
      }),
      want: ['failing', 'the engine exited with code 1, restarted 2 times: RuntimeError: no GPU'],
    },
    {
      name: 'was killed for its memory',
      pod: aPod({ state: exit(137, 'OOMKilled') }),
      want: ['failing', 'the engine exited with code 137 (OOMKilled)'],
    },
    { name: 'loads', pod: aPod({ state: runningSince('2026-09-30T12:00:01Z') }), want: ['starting', null] },
    {
      name: 'loads once more',
      pod: aPod({ restarts: 1, state: runningSince('2026-09-30T12:00:01Z'), last: exit(1) }),
      want: ['starting', 'started again: the engine exited with code 1, restarted 1 times'],
    },
    {
      name: 'serves',
      pod: aPod({ ready: { status: 'True' }, started: true, state: runningSince('2026-09-30T12:00:01Z') }),
      want: ['ready', null],
    },
    {
      name: 'served and stopped to',
      pod: aPod({
        ready: { status: 'False', since: '2026-09-30T12:05:00Z' },
        started: true,
        state: runningSince('2026-09-30T12:00:01Z'),
      }),
      warning: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
      want: ['failing', 'Readiness probe failed: HTTP probe failed with statuscode: 503'],
    },
    {
      name: 'is on a node that fell silent',
      pod: aPod({ ready: { status: 'True' }, state: runningSince('2026-09-30T12:00:01Z') }),
      node: { kind: 'silent', message: 'node gpu-a is not ready: Kubelet stopped posting node status.' },
      want: ['lost', 'node gpu-a is not ready: Kubelet stopped posting node status.'],
    },
    {
      name: 'lost its node, told by an account that may not read nodes',
      pod: unreadyByController,
      node: { kind: 'unknown' },
      want: ['lost', 'node gpu-a no longer tells of this pod'],
    },
    {
      name: 'lost its node, which is back and has not told of its pods yet',
      pod: unreadyByController,
      want: ['lost', 'node gpu-a was silent and has not told of this pod since'],
    },
    {
      name: 'waits for a readiness gate',
      pod: aPod({
        started: true,
        ready: { status: 'False', reason: 'ReadinessGatesNotReady' },
        containersReady: 'True',
        state: runningSince('2026-09-30T12:00:01Z'),
      }),
      want: ['starting', null],
    },
    {
      name: 'was told to go',
      pod: aPod({ metadata: { deletionTimestamp: '2026-09-30T12:00:00Z' } }),
      want: ['stopping', null],
    },
    {
      name: 'was thrown out',
      pod: aPod({ status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' } }),
      want: ['failing', 'Evicted: The node was low on resource: memory.'],
    },
  ])('$name', ({ pod, node = readyNode, warning = null, want }) => {
    const { phase, reason } = replicaPhase(pod, node, warning);
    expect([phase, reason]).toEqual(want);
  });

  test('a node that is gone from the API is silent, not a reason to delete', () => {
    expect(nodeFact(undefined, 'gpu-b')).toEqual({ kind: 'silent', message: 'node gpu-b is gone' });
  });
});

/** As the API server gives it back. */
function live(change: (template: PodTemplate) => void = () => undefined): Deployment {
  const deployment = structuredClone(renderDeployment(workload, 1, 'default', 'test'));
  const template = deployment.spec?.template;
  if (template?.spec === undefined) throw new Error('no template');
  Object.assign(template.spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
  });
  Object.assign(template.spec.containers[0] ?? {}, { terminationMessagePath: '/dev/termination-log' });
  change(template);
  return deployment;
}

describe('drift', () => {
  test.each<{ name: string; deployment: Deployment; want: readonly string[] }>([
    { name: 'none, for what the server fills in', deployment: live(), want: [] },
    {
      name: 'another image',
      deployment: live(({ spec: pod }) => Object.assign(pod?.containers[0] ?? {}, { image: 'ghcr.io/x' })),
      want: ['spec.template.spec.containers[0].image is ghcr.io/x, rendered was engine:1'],
    },
    {
      name: 'a container more',
      deployment: live(({ spec: pod }) => pod?.containers.unshift({ name: 'proxy' })),
      want: ['spec.template.spec.containers[0] is proxy, rendered was nothing'],
    },
    {
      name: 'a restart by kubectl',
      deployment: live(({ metadata }) =>
        Object.assign(metadata?.annotations ?? {}, { 'kubectl.kubernetes.io/restartedAt': 'noon' }),
      ),
      want: ['spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"] is noon, rendered was nothing'],
    },
    {
      name: 'something that was taken away',
      deployment: live(({ spec: pod }) => Object.assign(pod ?? {}, { tolerations: [] })),
      want: [
        'spec.template.spec.tolerations[0].key is nothing, rendered was nvidia.com/gpu',
        'spec.template.spec.tolerations[0].operator is nothing, rendered was Exists',
        'spec.template.spec.tolerations[0].effect is nothing, rendered was NoSchedule',
      ],
    },
    {
      name: 'another number of replicas, by its author',
      deployment: {
        ...live(),
        metadata: {
          ...live().metadata,
          managedFields: [{ manager: 'kubectl-scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }],
        },
      },
      want: ['spec.replicas is 1, set by kubectl-scale'],
    },
  ])('$name', ({ deployment, want }) => {
    expect(driftOf(deployment, 'signalbox')).toEqual(want);
  });

  test('is told to be unknown when the record of what was rendered is gone', () => {
    const deployment = { ...live(), metadata: { annotations: {} } };
    expect(driftOf(deployment, 'signalbox')[0]).toContain("drift can't be told");
  });
});

test.each([
  ['1', 1],
  ['500m', 0.5],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['64Gi', 64 * 2 ** 30],
  ['1e3', 1000],
  ['2E', 2e18],
  ['4k', 4000],
  ['engine:1', null],
  ['', null],
])('quantity %s is %s', (text, want) => {
  expect(parseQuantity(text)).toBe(want);
});

test('label values are made fit, whatever a model is called', () => {
  expect(labelValue('meta-llama/Llama-3.1-8B')).toBe('meta-llama-Llama-3.1-8B');
  expect(labelValue(`-${'x'.repeat(80)}`)).toBe('x'.repeat(62));
});

test('free GPUs are what nobody has asked for, whoever they are', () => {
  const node = (name: string, gpus: string, ready = 'True'): Node =>
    ({
      metadata: { name, labels: { 'nvidia.com/gpu.product': 'L4' } },
      status: { allocatable: { 'nvidia.com/gpu': gpus }, conditions: [{ type: 'Ready', status: ready }] },
    }) as unknown as Node;
  const asks = (gpus: string, change: Record<string, unknown> = {}) =>
    ({
      spec: { nodeName: 'a', containers: [{ resources: { requests: { 'nvidia.com/gpu': gpus } } }], ...change },
      status: { phase: 'Running' },
    }) as unknown as Pod;
  const done = { ...asks('4'), status: { phase: 'Succeeded' } } as Pod;
  const init = asks('1', { initContainers: [{ resources: { requests: { 'nvidia.com/gpu': '2' } } }] });
  const seen = nodeCapacities(
    [node('a', '8'), node('b', '4', 'Unknown')],
    [asks('3'), init, done, asks('1', { nodeName: undefined })],
  );
  expect(
    seen.map(({ node: name, gpus, ready, gpuProduct }) => [name, gpus.total, gpus.free, ready, gpuProduct]),
  ).toEqual([
    ['a', 8, 3, true, 'L4'],
    ['b', 4, 4, false, 'L4'],
  ]);
});

describe('an observation', () => {
  const facts = { deployments: [live()], nodes: null, warnings: [], fieldManager: 'signalbox' };
  const evicted = aPod({
    status: { phase: 'Failed', reason: 'Evicted' },
    metadata: { uid: 'old', creationTimestamp: '2026-09-30T11:00:00Z' },
  });
  const serving = aPod({ ready: { status: 'True' }, state: runningSince('2026-09-30T12:00:01Z') });

  test('leaves out pods whose place others have taken', () => {
    expect(observedWorkloads({ ...facts, pods: [evicted, serving] })[0]?.replicas.map(({ id }) => id)).toEqual([
      'uid-1',
    ]);
    expect(observedWorkloads({ ...facts, pods: [evicted] })[0]?.replicas.map(({ id }) => id)).toEqual(['old']);
  });

  test('holds pods that outlive their Deployment', () => {
    const leaving = aPod({ metadata: { deletionTimestamp: '2026-09-30T12:00:00Z' } });
    const [seen] = observedWorkloads({ ...facts, deployments: [], pods: [leaving] });
    expect(seen).toMatchObject({ name: 'chat', revisionId: workload.revisionId, wantedReplicas: 0 });
    expect(seen?.replicas[0]).toMatchObject({ phase: 'stopping', address: '198.18.1.7:8000' });
  });

  test('writes an IPv6 address as a URL needs it', () => {
    const pod = aPod({ status: { podIP: 'fd00::7' } });
    expect(observedWorkloads({ ...facts, pods: [pod] })[0]?.replicas[0]?.address).toBe('[fd00::7]:8000');
  });
});

test('a watch is read line by line, however it is cut', () => {
  const text =
    '{"type":"ADDED","object":{"metadata":{}}}\n{"type":"BOOKMARK","object":{}}\n{"type":"ERROR","object":{}}\n';
  for (const size of [1, 7, 19, 20, 21, 1_000]) {
    const lines = lineBeginnings();
    const cut = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.slice(index * size, (index + 1) * size),
    );
    const seen = cut.flatMap((part) => lines(Buffer.from(part)));
    expect(seen.map((line) => line.match(/"type":"(\w+)"/)?.[1])).toEqual(['ADDED', 'BOOKMARK', 'ERROR']);
  }
});
