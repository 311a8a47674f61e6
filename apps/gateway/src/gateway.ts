import type { GatewayReport } from '@signalbox/domain';
import type { Clock, Logger, Readiness } from '@signalbox/runtime';
import type { LimitMemory } from './admission/limits/limit-memory.ts';
import type { GatewayMetrics } from './observe/gateway-metrics.ts';
import { Reporter } from './observe/reporter.ts';
import type { Traffic } from './processes/traffic.ts';
import type { ControlPlane } from './snapshot/control-plane.ts';
import type { SnapshotIdentity } from './snapshot/fence.ts';
import type { SnapshotDisk } from './snapshot/snapshot-disk.ts';
import { SnapshotKeeper } from './snapshot/snapshot-keeper.ts';
import { SnapshotStream } from './snapshot/snapshot-stream.ts';

export interface GatewayOptions {
  gatewayId: string;
  bootId: string;
  controlPlane: Pick<ControlPlane, 'snapshots' | 'report' | 'close'>;
  disk: SnapshotDisk;
  limitMemory: LimitMemory;
  clock: Clock;
  random: () => number;
  log: Logger;
  metrics: GatewayMetrics;
  lingerMs: number;
  drainMs: number;
  /** `changed` is to be called when something happened that the control plane waits for. */
  traffic: (changed: () => void) => Traffic;
}

/** Joins traffic to the control plane: snapshots come down, reports go up, and either may fail alone. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #startedAt: number;
  readonly #traffic: Traffic;
  readonly #keeper: SnapshotKeeper;
  readonly #stream: SnapshotStream;
  readonly #reporter: Reporter;
  #draining = false;

  constructor(options: GatewayOptions) {
    const { controlPlane, clock, log, metrics } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#reporter = new Reporter({
      send: async (content) => {
        const answer = await controlPlane.report(content);
        if (answer !== undefined) this.#traffic.share(answer);
      },
      report: () => (this.#traffic.applied === undefined ? undefined : this.#report(this.#traffic.applied)),
      log,
    });
    this.#traffic = options.traffic(() => this.#reporter.now());
    this.#keeper = new SnapshotKeeper({
      disk: options.disk,
      log,
      apply: (snapshot, text) => this.#traffic.apply(snapshot, text),
    });
    this.#stream = new SnapshotStream({
      controlPlane,
      keeper: this.#keeper,
      clock,
      log,
      random: options.random,
      connected: (is) => metrics.connected.set(is ? 1 : 0),
      onOffer: (outcome) => {
        metrics.offered(outcome);
        this.#reporter.now();
      },
    });
  }

  async start(): Promise<{ host: string; port: number }> {
    const { limitMemory } = this.#options;
    await this.#keeper.loadFromDisk();
    this.#traffic.rememberLimits(await limitMemory.read());
    const address = await this.#traffic.listen();
    this.#stream.start();
    this.#reporter.start();
    limitMemory.start(() => this.#traffic.limitsUsed());
    return address;
  }

  readiness(): Readiness {
    return this.#draining ? { ready: false, because: 'the gateway is draining' } : this.#traffic.readiness;
  }

  /** Says that it leaves, takes no more, finishes what runs, and tells the last counts. */
  async stop(): Promise<void> {
    const { clock, lingerMs, drainMs, controlPlane, disk, limitMemory } = this.#options;
    this.#draining = true;
    this.#traffic.beginDraining(lingerMs);
    this.#reporter.now();
    await clock.sleep(lingerMs);
    await this.#traffic.drain(drainMs);
    await this.#stream.stop();
    await this.#reporter.stop();
    await controlPlane.close();
    await limitMemory.stop(this.#traffic.limitsUsed());
    await disk.idle();
  }

  #report({ epoch, number, hash }: SnapshotIdentity): GatewayReport {
    return {
      gatewayId: this.#options.gatewayId,
      bootId: this.#options.bootId,
      startedAt: this.#startedAt,
      sentAt: this.#options.clock.now(),
      applied: { epoch, number, hash },
      accepting: !this.#draining,
      ...this.#traffic.report(),
      limits: this.#traffic.limitUses(),
    };
  }
}
