import { assertNever, type ObservedReplica, type ObservedWorkload, type ReplicaPhase } from '@signalbox/domain';
import type { ProcessIdentity, ReplicaRecord, WorkloadRecord } from './records.ts';

export const localNode = 'local';

/** The world as the state folder and the process table tell it. */
export function observedWorkloads(
  workloads: readonly WorkloadRecord[],
  replicas: readonly ReplicaRecord[],
  alive: ReadonlyMap<number, ProcessIdentity>,
): readonly ObservedWorkload[] {
  const recorded = new Map(workloads.map((record) => [record.workload.name, record]));
  const names = new Set([...recorded.keys(), ...replicas.map(({ ref }) => ref.name)]);
  return [...names].sort().flatMap((name) => {
    const own = replicas.filter(({ ref }) => ref.name === name);
    const record = recorded.get(name);
    const source = record?.workload ?? own[0];
    if (source === undefined) return [];
    const { projectId, deploymentId, revisionId } = 'ref' in source ? source.ref : source;
    return {
      name,
      projectId,
      deploymentId,
      revisionId,
      wantedReplicas: record === undefined ? own.length : record.removed ? 0 : record.replicas,
      specHash: source.specHash,
      replicas: own.map((replica) => observedReplica(replica, alive)),
      drift: [],
      problem:
        record === undefined
          ? 'its state file was lost; what runs is kept, and its size changes again after the next apply'
          : null,
    };
  });
}

function observedReplica(replica: ReplicaRecord, alive: ReadonlyMap<number, ProcessIdentity>): ObservedReplica {
  const { state, port } = replica;
  const hasProcess = 'process' in state && alive.get(state.process.pid)?.startTime === state.process.startTime;
  return {
    id: replica.id,
    name: replica.id,
    ...phaseOf(replica, hasProcess),
    address: hasProcess && port !== null ? `127.0.0.1:${port}` : null,
    node: state.kind === 'waiting' ? null : localNode,
    startedAt: 'startedAt' in state ? state.startedAt : null,
    restarts: replica.restarts,
  };
}

function phaseOf(
  { state, lastExit }: ReplicaRecord,
  hasProcess: boolean,
): { phase: ReplicaPhase; reason: string | null } {
  switch (state.kind) {
    case 'waiting':
      return { phase: 'pending', reason: state.reason };
    case 'launching':
      return { phase: 'starting', reason: lastExit };
    case 'crashed':
      return { phase: 'failing', reason: state.reason };
    case 'stopping':
      return { phase: 'stopping', reason: null };
    case 'running':
      // The keeper will say more in its next pass.
      if (!hasProcess) return { phase: 'failing', reason: lastExit ?? `process ${state.process.pid} is gone` };
      if (state.health === 'loading') {
        return { phase: 'starting', reason: lastExit === null ? null : `started again: ${lastExit}` };
      }
      return { phase: state.health === 'ready' ? 'ready' : 'failing', reason: state.reason };
    default:
      return assertNever(state);
  }
}
