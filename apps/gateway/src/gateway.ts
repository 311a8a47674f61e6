import type { GatewayReport, Snapshot } from '@signalbox/domain';
import type { Metrics, ProcessReadings, Readiness } from '@signalbox/runtime';
import { DataPlane, type DataPlaneOptions } from './data-plane.ts';
import { createGatewayMetrics } from './observe/gateway-metrics.ts';
import { Reporter } from './observe/reporter.ts';
import type { ControlPlane } from './snapshot/control-plane.ts';
import type { SnapshotDisk } from './snapshot/snapshot-disk.ts';
import { SnapshotKeeper } from './snapshot/snapshot-keeper.ts';
import { SnapshotStream } from './snapshot/snapshot-stream.ts';

export interface GatewayOptions extends DataPlaneOptions {
  gatewayId: string;
  bootId: string;
  controlPlane: Pick<ControlPlane, 'snapshots' | 'report' | 'close'>;
  disk: SnapshotDisk;
  metrics: Metrics;
  /** Of this process, for the metrics. */
  readings?: ProcessReadings;
  lingerMs: number;
  drainMs: number;
}

/** Joins the data plane to the control plane: snapshots come down, reports go up, and either may fail alone. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #startedAt: number;
  readonly #plane: DataPlane;
  readonly #keeper: SnapshotKeeper;
  readonly #stream: SnapshotStream;
  readonly #reporter: Reporter;
  #draining = false;

  constructor(options: GatewayOptions) {
    const { controlPlane, clock, log } = options;
    const { readings } = options;
    const metrics = createGatewayMetrics(options.metrics, readings === undefined ? {} : { readings });
    this.#options = options;
    this.#startedAt = clock.now();
    this.#reporter = new Reporter({
      send: (content) => controlPlane.report(content),
      report: () => (this.#keeper.current === undefined ? undefined : this.#report(this.#keeper.current)),
      log,
    });
    this.#plane = new DataPlane(options, metrics, () => this.#reporter.now());
    this.#keeper = new SnapshotKeeper({ disk: options.disk, log, apply: (snapshot) => this.#plane.apply(snapshot) });
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
    await this.#keeper.loadFromDisk();
    const address = await this.#plane.listen();
    this.#stream.start();
    this.#reporter.start();
    return address;
  }

  readiness(): Readiness {
    if (this.#draining) return { ready: false, because: 'the gateway is draining' };
    return this.#plane.hasSnapshot ? { ready: true } : { ready: false, because: 'there is no snapshot yet' };
  }

  /** Says that it leaves, takes no more, finishes what runs, and tells the last counts. */
  async stop(): Promise<void> {
    const { clock, lingerMs, drainMs, controlPlane, disk } = this.#options;
    this.#draining = true;
    this.#plane.beginDraining();
    this.#reporter.now();
    await clock.sleep(lingerMs);
    await this.#plane.drain(drainMs);
    await this.#stream.stop();
    await this.#reporter.stop();
    await controlPlane.close();
    await disk.idle();
  }

  #report({ epoch, number, hash }: Snapshot): GatewayReport {
    return {
      gatewayId: this.#options.gatewayId,
      bootId: this.#options.bootId,
      startedAt: this.#startedAt,
      sentAt: this.#options.clock.now(),
      applied: { epoch, number, hash },
      accepting: !this.#draining,
      ...this.#plane.report(),
    };
  }
}
