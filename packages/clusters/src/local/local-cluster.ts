import { type FSWatcher, watch } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ApplyResult,
  type Cluster,
  type ClusterObservation,
  type Instant,
  known,
  type NodeCapacity,
  type Reading,
  type ReplicaId,
  unknown,
  type Workload,
  type WorkloadRef,
} from '@signalbox/domain';
import { type Clock, type Logger, newId } from '@signalbox/runtime';
import { errorMessage } from '../error-facts.ts';
import { isWorkloadName, refusal } from '../refusals.ts';
import { Keeper } from './keeper.ts';
import { KeeperLock } from './keeper-lock.ts';
import { type LocalGpu, localCapacity } from './local-capacity.ts';
import { lastLines } from './log-file.ts';
import { observedWorkloads } from './observe-local.ts';
import { processTable } from './process-table.ts';
import { recordFormat } from './records.ts';
import { ReplicaProber } from './replica-prober.ts';
import { ReplicaSteps } from './replica-steps.ts';
import { StateFolder, type StateFolderContent } from './state-folder.ts';

export interface LocalClusterOptions {
  /** Where desired and actual state, logs and secrets live. Control planes that share it share the cluster. */
  stateDir: string;
  gpus: readonly LocalGpu[];
  /** The control plane's environment; only names that engines need are passed on. */
  env: Readonly<Record<string, string | undefined>>;
  /**
   * Programs that engines call by name, such as `node` and `simulatedEngine`: as the program itself, or as `{name}`
   * in an argument. Other programs are looked up on the PATH.
   */
  programs?: Readonly<Record<string, string>>;
  clock: Clock;
  log: Logger;
}

const hintDelayMs = 30;

/** Replicas as detached processes of this machine. They outlive the control plane, which finds them again. */
export function createLocalCluster(options: LocalClusterOptions): Cluster {
  return new LocalCluster(options);
}

class LocalCluster implements Cluster {
  readonly #options: LocalClusterOptions;
  readonly #folder: StateFolder;
  readonly #processes = processTable();
  readonly #watchers = new Set<FSWatcher>();
  readonly #opened: Promise<Keeper>;
  #applying: Promise<unknown> = Promise.resolve();
  #unknownSince: Instant | null = null;
  #closed = false;

  constructor(options: LocalClusterOptions) {
    this.#options = options;
    this.#folder = new StateFolder(options.stateDir, options.log);
    this.#opened = this.#open();
    // Every method awaits it and so tells of its failure.
    this.#opened.catch(() => undefined);
  }

  async apply(workload: Workload, replicas: number): Promise<ApplyResult> {
    const keeper = await this.#opened;
    const refused = refusal(workload, replicas);
    if (refused !== null) return { kind: 'refused', message: refused };
    if (workload.spec.localCommand.length === 0) {
      return {
        kind: 'refused',
        message: `engine "${workload.spec.engine}" has no program to run on the local cluster`,
      };
    }
    const result = this.#applying.then(() => this.#record(workload, replicas));
    this.#applying = result.catch(() => undefined);
    const answer = await result;
    keeper.wake();
    return answer;
  }

  async observe(): Promise<Reading<ClusterObservation>> {
    try {
      await this.#opened;
      const { content, alive } = await this.#look();
      this.#unknownSince = null;
      const workloads = observedWorkloads(content.workloads, content.replicas, alive);
      return known({ workloads }, this.#options.clock.now());
    } catch (error) {
      this.#unknownSince ??= this.#options.clock.now();
      return unknown(this.#unknownSince, `the local cluster's state can't be read: ${errorMessage(error)}`);
    }
  }

  async remove(ref: WorkloadRef): Promise<void> {
    const keeper = await this.#opened;
    if (!isWorkloadName(ref.name)) return;
    const result = this.#applying.then(async () => {
      const record = await this.#folder.readWorkload(ref.name);
      // A reused name is another workload: removing the former one again must not touch it.
      if (record === null || record.workload.revisionId !== ref.revisionId) return;
      await this.#folder.writeWorkload({ ...record, removed: true });
    });
    this.#applying = result.catch(() => undefined);
    await result;
    keeper.wake();
  }

  async preferRemoval(ref: WorkloadRef, replicas: readonly ReplicaId[]): Promise<void> {
    await this.#opened;
    for (const { id } of await this.#replicasOf(ref)) {
      if (replicas.includes(id)) await this.#folder.mark(id, 'go-first');
      else await this.#folder.unmark(id, 'go-first');
    }
  }

  async restartReplica(ref: WorkloadRef, replica: ReplicaId): Promise<void> {
    const keeper = await this.#opened;
    const known = (await this.#replicasOf(ref)).some(({ id }) => id === replica);
    if (!known) return;
    await this.#folder.mark(replica, 'restart');
    keeper.wake();
  }

  async capacity(): Promise<Reading<readonly NodeCapacity[]>> {
    try {
      await this.#opened;
      const { replicas } = await this.#folder.read();
      const used = new Set(replicas.flatMap(({ gpus }) => gpus));
      return known(localCapacity(this.#options.gpus, used), this.#options.clock.now());
    } catch (error) {
      return unknown(this.#options.clock.now(), `the local cluster's state can't be read: ${errorMessage(error)}`);
    }
  }

  watch(onHint: () => void): { stop(): Promise<void> } {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    const own: FSWatcher[] = [];
    const hint = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        if (!stopped) onHint();
      }, hintDelayMs);
    };
    const started = this.#opened.then(() => {
      if (stopped || this.#closed) return;
      for (const name of ['replicas', 'workloads'] as const) {
        const watcher = watch(this.#folder.folder(name), { persistent: false }, hint);
        watcher.on('error', (error) => this.#options.log.warn('the state folder is no longer watched', { error }));
        own.push(watcher);
        this.#watchers.add(watcher);
      }
    });
    started.catch((error: unknown) => this.#options.log.warn('the state folder is not watched', { error }));
    return {
      stop: async () => {
        stopped = true;
        clearTimeout(timer);
        await started.catch(() => undefined);
        for (const watcher of own) watcher.close();
      },
    };
  }

  async logs(ref: WorkloadRef, replica: ReplicaId, lines: number): Promise<readonly string[]> {
    await this.#opened;
    // Also keeps a name with a path in it from reading other files.
    const known = (await this.#replicasOf(ref)).some(({ id }) => id === replica);
    return known ? lastLines(this.#folder.logFile(replica), lines) : [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.close();
    const keeper = await this.#opened.catch(() => null);
    await this.#applying;
    await keeper?.stop();
  }

  async #open(): Promise<Keeper> {
    const { clock, log, stateDir, gpus, env, programs = {} } = this.#options;
    await this.#folder.create();
    const markPrefix = `${await realpath(stateDir)}#`;
    const wake = () => keeper.wake();
    const prober = new ReplicaProber(clock, wake);
    const steps = new ReplicaSteps({
      folder: this.#folder,
      processes: this.#processes,
      prober,
      slots: gpus.map(({ product }, index) => ({ product, index })),
      env,
      programs,
      secretsFolder: join(stateDir, 'secrets'),
      markOf: (id) => `${markPrefix}${id}`,
      clock,
      log,
      onExit: wake,
    });
    const lock = new KeeperLock(stateDir, newId(clock.now()), this.#processes);
    const parts = { folder: this.#folder, lock, processes: this.#processes, prober, steps };
    const keeper = new Keeper({ ...parts, markPrefix, clock, log });
    keeper.start();
    return keeper;
  }

  async #record(workload: Workload, replicas: number): Promise<ApplyResult> {
    const existing = await this.#folder.readWorkload(workload.name);
    const present = existing === null || existing.removed ? null : existing;
    if (present !== null && present.workload.specHash !== workload.specHash) {
      return {
        kind: 'conflict',
        message: `workload "${workload.name}" exists with another spec (${present.workload.specHash}, not ${workload.specHash})`,
      };
    }
    if (present !== null && present.workload.revisionId !== workload.revisionId) {
      return {
        kind: 'conflict',
        message: `workload "${workload.name}" belongs to another revision (${present.workload.revisionId})`,
      };
    }
    if (present?.replicas === replicas) return { kind: 'unchanged' };
    await this.#folder.writeWorkload({ format: recordFormat, workload, replicas, removed: false });
    return { kind: present === null ? 'created' : 'resized' };
  }

  async #look() {
    const content: StateFolderContent = await this.#folder.read();
    const pids = content.replicas.flatMap(({ state }) => ('process' in state ? [state.process.pid] : []));
    return { content, alive: await this.#processes.identify(pids) };
  }

  async #replicasOf(ref: WorkloadRef) {
    const { replicas } = await this.#folder.read();
    return replicas.filter((replica) => replica.ref.name === ref.name && replica.ref.revisionId === ref.revisionId);
  }
}
