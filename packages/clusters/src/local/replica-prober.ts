import type { HttpProbe, ReplicaId } from '@signalbox/domain';
import type { Clock } from '@signalbox/runtime';
import { noProbesYet, type ProbeHistory, probeIntervalMs } from './assess-health.ts';
import { type ProbeResult, probePort } from './probe-port.ts';
import type { ReplicaRecord, ReplicaState } from './records.ts';

type Running = ReplicaRecord & { port: number; state: Extract<ReplicaState, { kind: 'running' }> };

interface Probed {
  pid: number;
  history: ProbeHistory;
  /** Null while the probe is in flight. */
  nextAt: { readiness: number | null; liveness: number | null };
}

/**
 * Asks running replicas in the background: an engine that hangs for its whole timeout holds up nobody else. Results
 * are for the keeper's next pass.
 */
export class ReplicaProber {
  readonly #clock: Clock;
  readonly #onResult: () => void;
  readonly #probed = new Map<ReplicaId, Probed>();

  constructor(clock: Clock, onResult: () => void) {
    this.#clock = clock;
    this.#onResult = onResult;
  }

  /** What is known of this run of the replica; sends the probes that are due. */
  probe(replica: Running): ProbeHistory {
    const probed = this.#of(replica);
    const { readiness, liveness } = replica.spec.probes;
    this.#send(replica, probed, 'readiness', readiness);
    // Liveness waits for the startup to be over, as with the kubelet.
    if (replica.state.health !== 'loading') this.#send(replica, probed, 'liveness', liveness);
    return probed.history;
  }

  keepOnly(ids: ReadonlySet<ReplicaId>): void {
    for (const id of this.#probed.keys()) if (!ids.has(id)) this.#probed.delete(id);
  }

  #of(replica: Running): Probed {
    const known = this.#probed.get(replica.id);
    if (known?.pid === replica.state.process.pid) return known;
    const fresh: Probed = {
      pid: replica.state.process.pid,
      history: noProbesYet,
      nextAt: { readiness: 0, liveness: 0 },
    };
    this.#probed.set(replica.id, fresh);
    return fresh;
  }

  #send(replica: Running, probed: Probed, kind: 'readiness' | 'liveness', probe: HttpProbe): void {
    const dueAt = probed.nextAt[kind];
    if (dueAt === null || dueAt > this.#clock.now()) return;
    probed.nextAt[kind] = null;
    const intervalMs = probeIntervalMs(probe, replica.state.health);
    void probePort(replica.port, probe.path, probe.timeoutSeconds * 1_000).then((result) => {
      const before = probed.history[kind];
      probed.history = { ...probed.history, [kind]: counted(before, result) };
      probed.nextAt[kind] = this.#clock.now() + intervalMs;
      if ((before.failuresInARow === 0) !== (result.kind === 'passed') || replica.state.health === 'loading') {
        this.#onResult();
      }
    });
  }
}

function counted<T extends { failuresInARow: number; lastFailure: string | null }>(before: T, result: ProbeResult): T {
  return result.kind === 'passed'
    ? { ...before, failuresInARow: 0, lastFailure: null, passed: true }
    : { ...before, failuresInARow: before.failuresInARow + 1, lastFailure: result.reason };
}
