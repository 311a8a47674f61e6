import { describe, expect, test } from '@jest/globals';
import type { PlacementSpec, ReplicaId } from '@signalbox/domain';
import { aSimulatedSpec, aWorkload } from '../conformance-workload.ts';
import { assessHealth, noProbesYet, type ProbeHistory } from './assess-health.ts';
import { localCapacity } from './local-capacity.ts';
import { placeReplica } from './place-replica.ts';
import { planReplicas } from './plan-replicas.ts';
import { parseProcStat, parsePsLine } from './process-table.ts';
import { parseReplicaRecord, parseWorkloadRecord, type ReplicaRecord, type ReplicaState } from './records.ts';
import { nextBackoffMs } from './restart-backoff.ts';

const spec = aSimulatedSpec({ image: '', program: [], localProgram: ['engine'] });
const workload = aWorkload('chat', spec);
const noMarks = { goFirst: new Set<ReplicaId>(), restart: new Set<ReplicaId>() };
const process = { pid: 1, startTime: 'x' };

function running(health: 'loading' | 'ready' | 'unready' = 'ready'): ReplicaState {
  return { kind: 'running', process, startedAt: 0, health, reason: null };
}

function aReplica(id: string, state: ReplicaState = running(), change: Partial<ReplicaRecord> = {}): ReplicaRecord {
  const { name, projectId, deploymentId, revisionId, specHash, placement } = workload;
  const ref = { name, projectId, deploymentId, revisionId };
  const places = { createdAt: 0, port: 1, gpus: [], restarts: 0, backoffMs: 0, logOffset: 0, lastExit: null };
  return { format: 1, id: id as ReplicaId, ref, specHash, spec, placement, ...places, state, ...change };
}

const recorded = (replicas: number, removed = false) => ({ format: 1 as const, workload, replicas, removed });
const stopping: ReplicaState = { kind: 'stopping', process, startedAt: 0, termAt: 0, termSent: true, killAt: 1 };
const waiting: ReplicaState = { kind: 'waiting', reason: '' };
const crashed: ReplicaState = { kind: 'crashed', reason: '', startedAt: null, retryAt: 0 };

describe('the plan for a workload', () => {
  test.each([
    { name: 'starts what is missing', record: recorded(2), replicas: [aReplica('a')], want: { start: 1, stop: [] } },
    {
      name: 'a replica on its way out is not counted',
      record: recorded(1),
      replicas: [aReplica('a', stopping)],
      want: { start: 1, stop: [] },
    },
    {
      name: 'a crashed one is: it comes back by itself',
      record: recorded(1),
      replicas: [aReplica('a', crashed)],
      want: { start: 0, stop: [] },
    },
    {
      name: 'the removed one loses all',
      record: recorded(3, true),
      replicas: [aReplica('a'), aReplica('b', waiting)],
      want: { start: 0, stop: ['a', 'b'] },
    },
    {
      name: 'a lost record stops nothing',
      record: undefined,
      replicas: [aReplica('a'), aReplica('b')],
      want: { start: 0, stop: [] },
    },
    {
      name: 'the least useful goes first',
      record: recorded(1),
      replicas: [aReplica('a'), aReplica('b', running('loading')), aReplica('c', waiting)],
      want: { start: 0, stop: ['c', 'b'] },
    },
    {
      name: 'of equals the youngest goes first',
      record: recorded(1),
      replicas: [aReplica('a', running(), { createdAt: 1 }), aReplica('b', running(), { createdAt: 2 })],
      want: { start: 0, stop: ['b'] },
    },
    {
      name: 'one of a former spec is replaced',
      record: recorded(1),
      replicas: [aReplica('a', running(), { specHash: 'former' })],
      want: { start: 1, stop: ['a'] },
    },
  ])('$name', ({ record, replicas, want }) => {
    expect(planReplicas(record, replicas, noMarks)).toEqual(want);
  });

  test('the named one goes before all others, also when it serves', () => {
    const marks = { ...noMarks, goFirst: new Set(['a' as ReplicaId]) };
    const replicas = [aReplica('a'), aReplica('b', running('loading'))];
    expect(planReplicas(recorded(1), replicas, marks)).toEqual({ start: 0, stop: ['a'] });
  });

  test('one that is to be restarted goes, and another starts', () => {
    const marks = { ...noMarks, restart: new Set(['a' as ReplicaId]) };
    expect(planReplicas(recorded(2), [aReplica('a'), aReplica('b')], marks)).toEqual({ start: 1, stop: ['a'] });
  });
});

describe('GPU slots', () => {
  const slots = ['NVIDIA-H100-80GB-HBM3', 'NVIDIA-H100-80GB-HBM3', 'NVIDIA L4'].map((product, index) => ({
    product,
    index,
  }));
  const wants = (...products: (string | null)[]): PlacementSpec => ({
    pools: products.map((gpuProduct) => ({ pool: 'p', gpuProduct, nodeSelector: {}, tolerations: [] })),
    spread: 'none',
  });
  const gpus = (count: number) => ({ count, resource: 'nvidia.com/gpu' });

  test.each([
    {
      name: 'none wanted, none given',
      count: 0,
      placement: wants(),
      used: [0, 1, 2],
      want: { kind: 'placed', gpus: [] },
    },
    { name: 'the first free ones', count: 2, placement: wants(), used: [0], want: { kind: 'placed', gpus: [1, 2] } },
    {
      name: 'the wanted product, however it is written',
      count: 1,
      placement: wants('nvidia-l4'),
      used: [],
      want: { kind: 'placed', gpus: [2] },
    },
    {
      name: 'any pool will do',
      count: 1,
      placement: wants('H100', null),
      used: [0, 1],
      want: { kind: 'placed', gpus: [2] },
    },
    {
      name: 'too few',
      count: 1,
      placement: wants(),
      used: [0, 1, 2],
      want: { kind: 'short', reason: '0/3 GPU slots free, needs 1' },
    },
    {
      name: 'too few of the product',
      count: 2,
      placement: wants('H100'),
      used: [1],
      want: { kind: 'short', reason: '1/2 H100 GPU slots free, needs 2' },
    },
  ])('$name', ({ count, placement, used, want }) => {
    expect(placeReplica(gpus(count), placement, slots, new Set(used))).toEqual(want);
  });

  test('capacity has an entry per product', () => {
    const declared = [{ product: 'A', memoryBytes: 2 ** 30 }, { product: 'A' }, { product: 'B' }];
    expect(localCapacity(declared, new Set([0]))).toEqual([
      {
        node: 'local/A',
        labels: { 'nvidia.com/gpu.product': 'A', 'nvidia.com/gpu.memory': '1024' },
        gpuProduct: 'A',
        gpus: { total: 2, free: 1 },
        ready: true,
      },
      {
        node: 'local/B',
        labels: { 'nvidia.com/gpu.product': 'B' },
        gpuProduct: 'B',
        gpus: { total: 1, free: 1 },
        ready: true,
      },
    ]);
  });
});

describe('the health of a process', () => {
  const passed: ProbeHistory = { ...noProbesYet, readiness: { failuresInARow: 0, lastFailure: null, passed: true } };
  const failed = (readiness: number, liveness: number): ProbeHistory => ({
    readiness: { failuresInARow: readiness, lastFailure: '/health answered 503', passed: true },
    liveness: { failuresInARow: liveness, lastFailure: '/health answered 503' },
  });

  test.each([
    {
      name: 'loads within its budget',
      before: 'loading',
      history: noProbesYet,
      now: 60_000,
      want: { kind: 'keep', health: 'loading', reason: null },
    },
    {
      name: 'is ended when the budget is used up',
      before: 'loading',
      history: noProbesYet,
      now: 60_001,
      want: { kind: 'kill', reason: 'not ready within 60 s: no answer' },
    },
    {
      name: 'is ready with its first 200',
      before: 'loading',
      history: passed,
      now: 1,
      want: { kind: 'keep', health: 'ready', reason: null },
    },
    {
      name: 'stays ready over a few failures',
      before: 'ready',
      history: failed(2, 0),
      now: 1,
      want: { kind: 'keep', health: 'ready', reason: null },
    },
    {
      name: 'is unready after too many',
      before: 'ready',
      history: failed(3, 0),
      now: 1,
      want: { kind: 'keep', health: 'unready', reason: 'readiness probe failed: /health answered 503' },
    },
    {
      name: 'stays as it was found until it is asked',
      before: 'ready',
      history: noProbesYet,
      now: 1e9,
      want: { kind: 'keep', health: 'ready', reason: null },
    },
    {
      name: 'is ended when it is no longer alive',
      before: 'unready',
      history: failed(9, 3),
      now: 1,
      want: { kind: 'kill', reason: 'liveness probe failed: /health answered 503' },
    },
  ] as const)('$name', ({ before, history, now, want }) => {
    expect(assessHealth(spec, before, 0, history, now)).toEqual(want);
  });
});

test('the wait before a restart doubles up to half a minute and is forgiven after a minute of service', () => {
  const waits = Array.from({ length: 11 }).reduce<number[]>((all) => [...all, nextBackoffMs(all.at(-1) ?? 0, 10)], []);
  expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  expect(nextBackoffMs(30_000, 60_000)).toBe(100);
});

test('process tables are read as Linux and macOS write them', () => {
  const stat = `4711 (a) b (c) S 1 4711 4711 ${'0 '.repeat(15)}987654 0`;
  expect(parseProcStat(stat)).toEqual({ state: 'S', group: 4711, startTicks: '987654' });
  expect(parsePsLine(' 4711  4711 Ss   Tue Sep  1 12:00:01 2026     node main.ts A=b')).toEqual({
    identity: { pid: 4711, startTime: 'Tue Sep 1 12:00:01 2026' },
    group: 4711,
    rest: 'node main.ts A=b',
  });
  expect(parsePsLine(' 4711  4711 Z   Tue Sep  1 12:00:01 2026 (node)')).toBeNull();
});

test('records that are not what they should be are refused, not trusted', () => {
  const replica = aReplica('a');
  expect(parseReplicaRecord(JSON.parse(JSON.stringify(replica)))).toEqual(replica);
  expect(parseWorkloadRecord(JSON.parse(JSON.stringify(recorded(1))))).toEqual(recorded(1));
  for (const broken of [
    null,
    [],
    'x',
    {},
    { ...replica, format: 2 },
    { ...replica, state: { kind: 'running' } },
    { ...replica, gpus: ['0'] },
  ]) {
    expect(parseReplicaRecord(broken)).toBeNull();
  }
  for (const broken of [
    null,
    {},
    recorded(-1),
    { ...recorded(1), workload: {} },
    { ...recorded(1), removed: undefined },
  ]) {
    expect(parseWorkloadRecord(broken)).toBeNull();
  }
});
