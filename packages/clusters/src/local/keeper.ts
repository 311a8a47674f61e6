import type { ReplicaId, Workload } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { newId } from '@signalbox/runtime';
import type { KeeperLock } from './keeper-lock.ts';
import { signalGroup } from './launch-process.ts';
import { rotateLog } from './log-file.ts';
import { planReplicas } from './plan-replicas.ts';
import type { ProcessTable } from './process-table.ts';
import { type ProcessIdentity, type ReplicaRecord, recordFormat, type WorkloadRecord } from './records.ts';
import type { ReplicaProber } from './replica-prober.ts';
import type { ReplicaSteps } from './replica-steps.ts';
import type { StateFolder } from './state-folder.ts';

export interface KeeperOptions {
  folder: StateFolder;
  lock: KeeperLock;
  processes: ProcessTable;
  prober: ReplicaProber;
  steps: ReplicaSteps;
  /** Begins every mark of this state folder; the replica's id follows. */
  markPrefix: string;
  clock: Clock;
  log: Logger;
}

const idleMs = 1_000;
const busyMs = 100;
const rotateEveryMs = 10_000;

/** Does what Kubernetes' own controllers do there: keeps workloads at their size, for as long as a control plane runs. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> | null = null;
  #keeps = false;
  #rotatedAt = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Makes the next pass come now: something was asked for, or a process ended. */
  wake(): void {
    this.#wake.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#loop;
    await this.#options.lock.release();
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      const waitMs = await this.#passSafely();
      if (!this.#stopping.signal.aborted) await this.#options.clock.sleep(waitMs, this.#wake.signal);
    }
  }

  async #passSafely(): Promise<number> {
    try {
      const holds = await this.#options.lock.tryHold();
      if (holds !== this.#keeps)
        this.#options.log.info(holds ? 'keeps the local replicas' : 'only watches the local replicas');
      const first = holds && !this.#keeps;
      this.#keeps = holds;
      return holds ? await this.#pass(first) : idleMs;
    } catch (error) {
      this.#options.log.warn('a pass over the local replicas failed', { error });
      return idleMs;
    }
  }

  async #pass(first: boolean): Promise<number> {
    const { folder, processes } = this.#options;
    const { workloads, replicas: recorded, foundCorrupt } = await folder.read('set aside');
    const found = first || foundCorrupt ? await this.#findMarked(recorded) : new Map<ReplicaId, ProcessIdentity>();
    const alive = await processes.identify(
      recorded.flatMap(({ state }) => ('process' in state ? [state.process.pid] : [])),
    );
    const replicas = [...recorded];
    for (const replica of recorded) {
      await this.#change(replicas, replica, () => this.#options.steps.advance(replica, { alive, found, replicas }));
    }
    await this.#resize(workloads, replicas);
    await this.#rotateLogs(replicas);
    this.#options.prober.keepOnly(new Set(replicas.map(({ id }) => id)));
    return waitMs(recorded, replicas, this.#options.clock.now());
  }

  /** One replica's trouble (a full disk, a program that may not be signalled) holds up no other. */
  async #change(
    replicas: ReplicaRecord[],
    replica: ReplicaRecord,
    change: () => Promise<ReplicaRecord | null> | ReplicaRecord | null,
  ): Promise<void> {
    const { folder, log } = this.#options;
    try {
      const next = await change();
      if (next === replica) return;
      const index = replicas.findIndex(({ id }) => id === replica.id);
      if (next === null) {
        await folder.deleteReplica(replica.id);
        replicas.splice(index, 1);
        return;
      }
      await folder.writeReplica(next);
      replicas[index] = next;
    } catch (error) {
      log.warn('a local replica could not be moved on', { replica: replica.id, error });
    }
  }

  async #resize(workloads: readonly WorkloadRecord[], replicas: ReplicaRecord[]): Promise<void> {
    const { folder, steps } = this.#options;
    const marks = await folder.marks();
    const byName = new Map(workloads.map((record) => [record.workload.name, record]));
    for (const name of new Set([...byName.keys(), ...replicas.map(({ ref }) => ref.name)])) {
      const record = byName.get(name);
      const own = replicas.filter(({ ref }) => ref.name === name);
      const plan = planReplicas(record, own, marks);
      for (const replica of own.filter(({ id }) => plan.stop.includes(id))) {
        await this.#change(replicas, replica, () => steps.tellToGo(replica));
      }
      for (let added = 0; record !== undefined && added < plan.start; added += 1) {
        const replica = newReplica(record.workload, this.#options.clock.now());
        await folder.writeReplica(replica);
        replicas.push(replica);
      }
      if (record?.removed && own.length === 0) await folder.deleteWorkload(name);
    }
    const known = new Set(replicas.map(({ id }) => id));
    for (const id of marks.goFirst) if (!known.has(id)) await folder.unmark(id, 'go-first');
    for (const id of marks.restart) if (!known.has(id)) await folder.unmark(id, 'restart');
  }

  /**
   * Processes that carry our mark: those of replicas whose start was never written down are taken up; those without
   * any record (the file was lost) are told to go, since they would hold GPUs that the records call free.
   */
  async #findMarked(replicas: readonly ReplicaRecord[]): Promise<ReadonlyMap<ReplicaId, ProcessIdentity>> {
    const { markPrefix, log } = this.#options;
    const known = new Set(replicas.map(({ id }) => id));
    const found = new Map<ReplicaId, ProcessIdentity>();
    for (const [mark, process] of await this.#options.processes.marked()) {
      if (!mark.startsWith(markPrefix)) continue;
      const id = mark.slice(markPrefix.length) as ReplicaId;
      if (known.has(id)) {
        found.set(id, process);
        continue;
      }
      log.warn('a replica without a record is told to go', { replica: id, pid: process.pid });
      signalGroup(process.pid, 'SIGTERM');
    }
    return found;
  }

  async #rotateLogs(replicas: readonly ReplicaRecord[]): Promise<void> {
    const { clock, folder } = this.#options;
    if (clock.now() - this.#rotatedAt < rotateEveryMs) return;
    this.#rotatedAt = clock.now();
    for (const { id } of replicas) await rotateLog(folder.logFile(id));
  }
}

function newReplica(workload: Workload, now: number): ReplicaRecord {
  const { name, projectId, deploymentId, revisionId, specHash, spec, placement } = workload;
  return {
    format: recordFormat,
    // The name of the process, unique over time.
    id: `${name}-${newId(now).slice(-10)}` as ReplicaId,
    ref: { name, projectId, deploymentId, revisionId },
    specHash,
    spec,
    placement,
    createdAt: now,
    port: null,
    gpus: [],
    restarts: 0,
    backoffMs: 0,
    logOffset: 0,
    lastExit: null,
    state: { kind: 'waiting', reason: 'not placed yet' },
  };
}

function waitMs(before: readonly ReplicaRecord[], after: readonly ReplicaRecord[], now: number): number {
  if (before.length !== after.length || before.some((replica, index) => replica !== after[index])) return 0;
  const waits = after.map(({ state }) => {
    if (state.kind === 'crashed') return Math.max(0, state.retryAt - now);
    if (state.kind === 'stopping' || state.kind === 'launching') return busyMs;
    return state.kind === 'running' && state.health === 'loading' ? busyMs : idleMs;
  });
  return Math.min(idleMs, ...waits);
}
