import type { ReplicaId } from '@signalbox/domain';
import type { ReplicaRecord, WorkloadRecord } from './records.ts';
import type { Marks } from './state-folder.ts';

export interface ReplicaPlan {
  /** How many new replicas to record. */
  start: number;
  stop: readonly ReplicaId[];
}

/**
 * What has to change for a workload to have the replicas it was given. A workload without a record keeps what it
 * has: the record may have been lost, and nothing is stopped because something was not heard from.
 */
export function planReplicas(
  workload: WorkloadRecord | undefined,
  replicas: readonly ReplicaRecord[],
  marks: Marks,
): ReplicaPlan {
  const active = replicas.filter((replica) => replica.state.kind !== 'stopping');
  if (workload === undefined) return { start: 0, stop: ids(active.filter((one) => marks.restart.has(one.id))) };
  if (workload.removed) return { start: 0, stop: ids(active) };
  // A workload that was removed and applied anew with another spec leaves replicas of the old one behind.
  const outdated = (one: ReplicaRecord) => one.specHash !== workload.workload.specHash || marks.restart.has(one.id);
  const kept = active.filter((one) => !outdated(one));
  const surplus = [...kept]
    .sort((a, b) => goesBefore(a, b, marks))
    .slice(0, Math.max(0, kept.length - workload.replicas));
  return {
    start: Math.max(0, workload.replicas - kept.length),
    stop: ids([...active.filter(outdated), ...surplus]),
  };
}

/** First those that were named, then those that serve the least, then the youngest. */
function goesBefore(a: ReplicaRecord, b: ReplicaRecord, marks: Marks): number {
  return (
    Number(marks.goFirst.has(b.id)) - Number(marks.goFirst.has(a.id)) ||
    usefulness(a) - usefulness(b) ||
    b.createdAt - a.createdAt
  );
}

function usefulness({ state }: ReplicaRecord): number {
  if (state.kind === 'waiting') return 0;
  if (state.kind === 'crashed' || state.kind === 'launching') return 1;
  return state.kind === 'running' && state.health === 'ready' ? 3 : 2;
}

function ids(replicas: readonly ReplicaRecord[]): readonly ReplicaId[] {
  return replicas.map((replica) => replica.id);
}
