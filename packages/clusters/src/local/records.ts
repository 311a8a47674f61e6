import type { Instant, PlacementSpec, ReplicaId, Workload, WorkloadRef, WorkloadSpec } from '@signalbox/domain';

/** Raised when a record's meaning changes; a record of another format is set aside like a corrupt one. */
export const recordFormat = 1;

/** What callers want. Written by `apply` and `remove`, in any control plane; read by the keeper. */
export interface WorkloadRecord {
  format: typeof recordFormat;
  workload: Workload;
  replicas: number;
  /**
   * A removed workload stays on disk until its last replica is gone. A missing file never means "remove": it may
   * have been set aside as corrupt.
   */
  removed: boolean;
}

/**
 * What a replica is. Written by the keeper alone. Carries the spec it runs, so that it can be kept alive even when
 * the workload's own file was lost.
 */
export interface ReplicaRecord {
  format: typeof recordFormat;
  id: ReplicaId;
  ref: WorkloadRef;
  specHash: string;
  spec: WorkloadSpec;
  placement: PlacementSpec;
  createdAt: Instant;
  port: number | null;
  gpus: readonly number[];
  restarts: number;
  backoffMs: number;
  /** Where this run's output begins in the log file. */
  logOffset: number;
  /** Why the former run ended; null once the present one has been ready. */
  lastExit: string | null;
  state: ReplicaState;
}

/** A pid alone may have been given to someone else since; pid and start time may not. */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/**
 * - `waiting`: no GPU slots yet
 * - `launching`: written before the process is started, so that a crash in between loses no process
 * - `running`: has a process. `loading` until its first 200; `unready` when it answered once and stopped to
 * - `crashed`: has none; started again at `retryAt`
 * - `stopping`: told to go at `termAt`, forced at `killAt`
 */
export type ReplicaState =
  | { kind: 'waiting'; reason: string }
  | { kind: 'launching'; since: Instant }
  | { kind: 'running'; process: ProcessIdentity; startedAt: Instant; health: Health; reason: string | null }
  | { kind: 'crashed'; reason: string; startedAt: Instant | null; retryAt: Instant }
  | {
      kind: 'stopping';
      process: ProcessIdentity;
      startedAt: Instant;
      termAt: Instant;
      termSent: boolean;
      killAt: Instant;
    };

export type Health = 'loading' | 'ready' | 'unready';

export function parseWorkloadRecord(value: unknown): WorkloadRecord | null {
  if (!isObject(value) || value.format !== recordFormat) return null;
  const { workload, replicas, removed } = value;
  if (!isObject(workload) || !isRef(workload) || typeof workload.specHash !== 'string') return null;
  if (!isSpec(workload.spec) || !isObject(workload.placement) || !isObject(workload.labels)) return null;
  if (typeof replicas !== 'number' || !Number.isSafeInteger(replicas) || replicas < 0) return null;
  return typeof removed === 'boolean' ? (value as unknown as WorkloadRecord) : null;
}

export function parseReplicaRecord(value: unknown): ReplicaRecord | null {
  if (!isObject(value) || value.format !== recordFormat) return null;
  if (typeof value.id !== 'string' || !isObject(value.ref) || !isRef(value.ref)) return null;
  if (!isSpec(value.spec) || !isObject(value.placement) || typeof value.specHash !== 'string') return null;
  const numbers = [value.createdAt, value.restarts, value.backoffMs, value.logOffset];
  if (!numbers.every((each) => typeof each === 'number')) return null;
  if (value.lastExit !== null && typeof value.lastExit !== 'string') return null;
  if (value.port !== null && typeof value.port !== 'number') return null;
  if (!Array.isArray(value.gpus) || !value.gpus.every((slot) => Number.isSafeInteger(slot))) return null;
  return isState(value.state) ? (value as unknown as ReplicaRecord) : null;
}

function isState(state: unknown): boolean {
  if (!isObject(state)) return false;
  switch (state.kind) {
    case 'waiting':
    case 'launching':
    case 'crashed':
      return true;
    case 'running':
    case 'stopping':
      return isProcess(state.process);
    default:
      return false;
  }
}

function isProcess(value: unknown): boolean {
  return isObject(value) && Number.isSafeInteger(value.pid) && typeof value.startTime === 'string';
}

function isRef(value: Record<string, unknown>): boolean {
  return ['name', 'projectId', 'deploymentId', 'revisionId'].every((key) => typeof value[key] === 'string');
}

function isSpec(value: unknown): boolean {
  return (
    isObject(value) &&
    Array.isArray(value.localCommand) &&
    ['env', 'probes', 'drain', 'accelerator'].every((key) => isObject(value[key]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
