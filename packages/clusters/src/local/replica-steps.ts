import { assertNever, type ReplicaId } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { fillPlaceholders, type Placeholders } from '../placeholders.ts';
import { assessHealth } from './assess-health.ts';
import { freePort, isPortFree } from './free-port.ts';
import { askToLeave, type Exit, exitReason, launchProcess, signalGroup } from './launch-process.ts';
import { lastLineSince, logSize } from './log-file.ts';
import { type GpuSlot, placeReplica } from './place-replica.ts';
import type { ProcessTable } from './process-table.ts';
import type { ProcessIdentity, ReplicaRecord, ReplicaState } from './records.ts';
import { readSecrets, replicaEnvironment } from './replica-environment.ts';
import type { ReplicaProber } from './replica-prober.ts';
import { nextBackoffMs } from './restart-backoff.ts';
import type { StateFolder } from './state-folder.ts';

export interface ReplicaStepsOptions {
  folder: StateFolder;
  processes: ProcessTable;
  prober: ReplicaProber;
  slots: readonly GpuSlot[];
  env: Readonly<Record<string, string | undefined>>;
  secretsFolder: string;
  /** Programs by name: `{name}` in an argument, or the name itself in place of the program. */
  programs: Readonly<Record<string, string>>;
  /** Set on every process, so that it is known to be ours. */
  markOf: (id: ReplicaId) => string;
  clock: Clock;
  log: Logger;
  onExit: () => void;
}

/** What a pass knows beside the replica itself. */
export interface Surroundings {
  alive: ReadonlyMap<number, ProcessIdentity>;
  /** Processes found by their mark; only filled in a keeper's first pass. */
  found: ReadonlyMap<ReplicaId, ProcessIdentity>;
  /** All replicas, as they are now. */
  replicas: readonly ReplicaRecord[];
}

type In<Kind extends ReplicaState['kind']> = Omit<ReplicaRecord, 'state'> & {
  state: Extract<ReplicaState, { kind: Kind }>;
};

const exitEventMs = 1_000;
/** Beyond its drain: an engine that lets go of its GPUs by itself is better than one that is killed. */
const exitMs = 5_000;

/** Moves one replica one step on. Answers what it is now (the same object: nothing to do), null once it is gone. */
export class ReplicaSteps {
  readonly #options: ReplicaStepsOptions;
  readonly #exits = new Map<number, Promise<Exit>>();

  constructor(options: ReplicaStepsOptions) {
    this.#options = options;
  }

  async advance(replica: ReplicaRecord, around: Surroundings): Promise<ReplicaRecord | null> {
    const { state } = replica;
    switch (state.kind) {
      case 'waiting':
        return this.#place(replica, around);
      case 'launching':
        return this.#launch(replica, around);
      case 'running':
        return this.#watchOver({ ...replica, state }, replica, around);
      case 'crashed':
        if (state.retryAt > this.#now()) return replica;
        return { ...replica, restarts: replica.restarts + 1, state: { kind: 'launching', since: this.#now() } };
      case 'stopping':
        return this.#stop({ ...replica, state }, replica, around);
      default:
        return assertNever(state);
    }
  }

  /** Told to go: what has no process is gone at once; what serves may do so until the gateways have let go. */
  tellToGo(replica: ReplicaRecord): ReplicaRecord | null {
    const { state, spec } = replica;
    if (state.kind === 'stopping') return replica;
    if (state.kind !== 'running') return null;
    const termAt = this.#now() + (state.health === 'ready' ? spec.drain.preStopDelaySeconds * 1_000 : 0);
    const killAt = termAt + spec.drain.timeoutSeconds * 1_000 + exitMs;
    const { process, startedAt } = state;
    return { ...replica, state: { kind: 'stopping', process, startedAt, termAt, termSent: false, killAt } };
  }

  #place(replica: ReplicaRecord, { replicas }: Surroundings): ReplicaRecord {
    const used = new Set(replicas.flatMap((other) => other.gpus));
    const placement = placeReplica(replica.spec.accelerator, replica.placement, this.#options.slots, used);
    if (placement.kind === 'placed') {
      return { ...replica, gpus: placement.gpus, state: { kind: 'launching', since: this.#now() } };
    }
    if (replica.state.kind === 'waiting' && replica.state.reason === placement.reason) return replica;
    return { ...replica, state: { kind: 'waiting', reason: placement.reason } };
  }

  /** The record says `launching` already, so a keeper that dies in here leaves a process that the next one finds. */
  async #launch(replica: ReplicaRecord, { found, replicas }: Surroundings): Promise<ReplicaRecord> {
    const orphan = found.get(replica.id);
    if (orphan !== undefined) return this.#running(replica, orphan);
    const { folder, log } = this.#options;
    const secrets = await readSecrets(this.#options.secretsFolder, replica.spec.secretEnv);
    if (secrets.kind === 'missing') return this.#crashed(replica, secrets.reason, null);
    const port = await this.#port(replica, replicas);
    // Recorded before the start for the same reason: a process found later must be asked on its own port.
    const placed = { ...replica, port, logOffset: await logSize(folder.logFile(replica.id)) };
    await folder.writeReplica(placed);
    const { programs } = this.#options;
    const placeholders = { ...programs, host: '127.0.0.1', port: String(port), gpus: replica.gpus.join(',') };
    const launch = await launchProcess(
      localCommand(replica.spec.localCommand, programs, placeholders),
      replicaEnvironment({
        own: this.#options.env,
        spec: replica.spec,
        secrets: secrets.values,
        placeholders,
        mark: this.#options.markOf(replica.id),
      }),
      folder.logFile(replica.id),
    );
    if (launch.kind === 'failed') return this.#crashed(placed, launch.reason, null);
    log.info('replica started', { replica: replica.id, pid: launch.pid, port, restarts: replica.restarts });
    this.#exits.set(launch.pid, launch.exit);
    void launch.exit.then(this.#options.onExit);
    const process = (await this.#options.processes.identify([launch.pid])).get(launch.pid);
    return process === undefined ? this.#ended(placed, launch.pid, this.#now()) : this.#running(placed, process);
  }

  async #watchOver(replica: In<'running'>, record: ReplicaRecord, { alive }: Surroundings): Promise<ReplicaRecord> {
    const { state } = replica;
    if (alive.get(state.process.pid)?.startTime !== state.process.startTime) {
      return this.#ended(record, state.process.pid, state.startedAt, alive.has(state.process.pid));
    }
    if (replica.port === null) return record;
    const history = this.#options.prober.probe({ ...replica, port: replica.port, state });
    const verdict = assessHealth(replica.spec, state.health, state.startedAt, history, this.#now());
    if (verdict.kind === 'kill') {
      this.#options.log.warn('replica is ended: it fails its probe', { replica: replica.id, reason: verdict.reason });
      signalGroup(state.process.pid, 'SIGKILL');
      return this.#crashed(record, verdict.reason, state.startedAt);
    }
    if (verdict.health === state.health && verdict.reason === state.reason) return record;
    const lastExit = verdict.health === 'ready' ? null : replica.lastExit;
    return { ...record, lastExit, state: { ...state, health: verdict.health, reason: verdict.reason } };
  }

  async #stop(replica: In<'stopping'>, record: ReplicaRecord, { alive }: Surroundings): Promise<ReplicaRecord | null> {
    const { state } = replica;
    const { pid } = state.process;
    if (alive.get(pid)?.startTime !== state.process.startTime) {
      if (!alive.has(pid)) signalGroup(pid, 'SIGKILL');
      this.#exits.delete(pid);
      this.#options.log.info('replica stopped', { replica: replica.id });
      return null;
    }
    if (state.killAt <= this.#now()) {
      signalGroup(pid, 'SIGKILL');
      return record;
    }
    if (state.termSent || state.termAt > this.#now()) return record;
    askToLeave(pid);
    return { ...record, state: { ...state, termSent: true } };
  }

  async #ended(record: ReplicaRecord, pid: number, startedAt: number, pidIsReused = false): Promise<ReplicaRecord> {
    // Engines start workers: those must not hold the GPU when their leader is gone. A pid is given away again only
    // once its group is empty, so the group is ours as long as nobody else has the pid.
    if (!pidIsReused) signalGroup(pid, 'SIGKILL');
    const event = this.#exits.get(pid);
    this.#exits.delete(pid);
    const exit = event === undefined ? null : await within(exitEventMs, event, this.#options.clock);
    const line = await lastLineSince(this.#options.folder.logFile(record.id), record.logOffset);
    return this.#crashed(record, exitReason(exit, line), startedAt);
  }

  #running(record: ReplicaRecord, process: ProcessIdentity): ReplicaRecord {
    return { ...record, state: { kind: 'running', process, startedAt: this.#now(), health: 'loading', reason: null } };
  }

  #crashed(record: ReplicaRecord, reason: string, startedAt: number | null): ReplicaRecord {
    const now = this.#now();
    const backoffMs = nextBackoffMs(record.backoffMs, startedAt === null ? 0 : now - startedAt);
    this.#options.log.warn('replica ended and will be started again', { replica: record.id, reason, backoffMs });
    const state = { kind: 'crashed', reason, startedAt, retryAt: now + backoffMs } as const;
    return { ...record, backoffMs, lastExit: reason, state };
  }

  /** Its own port again where that is still free, so that a restart changes nothing for those who knew it. */
  async #port(replica: ReplicaRecord, replicas: readonly ReplicaRecord[]): Promise<number> {
    const taken = new Set(replicas.flatMap((other) => (other.id === replica.id ? [] : (other.port ?? []))));
    if (replica.port !== null && !taken.has(replica.port) && (await isPortFree(replica.port))) return replica.port;
    return freePort(taken);
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

function localCommand(
  [program = '', ...args]: readonly string[],
  programs: Readonly<Record<string, string>>,
  placeholders: Placeholders,
): readonly string[] {
  const known = Object.hasOwn(programs, program) ? programs[program] : undefined;
  return [
    known ?? fillPlaceholders(program, placeholders),
    ...args.map((each) => fillPlaceholders(each, placeholders)),
  ];
}

async function within<T>(ms: number, event: Promise<T>, clock: Clock): Promise<T | null> {
  const done = new AbortController();
  try {
    return await Promise.race([event, clock.sleep(ms, done.signal).then(() => null)]);
  } finally {
    done.abort();
  }
}
