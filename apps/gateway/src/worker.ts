import { setImmediate as nextTurn } from 'node:timers/promises';
import { assertNever, type Snapshot } from '@signalbox/domain';
import { DataPlane, type DataPlaneOptions } from './data-plane.ts';
import type { GatewayMetrics } from './observe/gateway-metrics.ts';
import { type FromWorker, protocol, type ToWorker } from './processes/messages.ts';
import { PrimaryAnswers } from './processes/primary-answers.ts';
import type { PrimaryLink } from './processes/primary-link.ts';
import { parseSnapshot } from './snapshot/parse-snapshot.ts';

const tellEveryMs = 500;

export interface WorkerOptions extends Omit<DataPlaneOptions, 'stored'> {
  link: PrimaryLink;
  metrics: GatewayMetrics;
  drainMs: number;
  /** How long a connection that waits for a request is kept when the primary has gone. */
  idleMs: number;
  /** Writes out what is held back and ends the process. */
  exit: () => void;
}

/** A worker: the data plane alone. Everything that it knows comes from the primary, and all it counts goes there. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #stored: PrimaryAnswers;
  readonly #plane: DataPlane;
  #isTelling = false;
  #isLeaving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#stored = new PrimaryAnswers((message) => void options.link.send(message));
    const settings = { ...options, stored: this.#stored };
    this.#plane = new DataPlane(settings, options.metrics, () => void this.#tellSoon());
  }

  start(): void {
    const { link } = this.#options;
    void link.send({ kind: 'hello', protocol });
    this.#timer = setInterval(() => void this.#tell(false), tellEveryMs);
    link.listen({
      said: (message, socket) => {
        if (message.kind === 'connection') {
          // First of all: from here on it is ours, also if we die in the next line.
          void link.send({ kind: 'taken', connections: this.#plane.connections + 1 });
          if (socket !== undefined) this.#plane.adopt(socket);
        } else this.#said(message);
      },
      lost: () => {
        this.#stored.lost();
        if (this.#isLeaving) return;
        // Nobody brings us requests or snapshots any more, and another gateway may listen already.
        this.#plane.beginDraining({ idleMs: this.#options.idleMs });
        void this.#leave(this.#options.drainMs);
      },
    });
  }

  #said(message: Exclude<ToWorker, { kind: 'connection' }>): void {
    const { link } = this.#options;
    if (message.kind === 'snapshot') void link.send(this.#apply(message.sequence, message.text));
    else if (message.kind === 'share') this.#plane.setLimitShares(message.parts.shares, 1 / message.parts.gateways);
    else if (message.kind === 'keyFound') this.#stored.found(message);
    else if (message.kind === 'keepsAnswers') this.#stored.kept();
    else if (message.kind === 'tellMetrics') void this.#tellMetrics();
    else if (message.kind === 'beginDraining') this.#plane.beginDraining(message);
    else if (message.kind === 'drain') void this.#leave(message.timeoutMs);
    else assertNever(message);
  }

  /**
   * The primary has read the snapshot, but after a rolling restart it is older than this code. So the first one is
   * read in full, while nobody waits: 80 ms for 1.5 MB (10,000 keys). All others find callers here, and cost them 7 ms.
   */
  #apply(sequence: number, text: string): FromWorker {
    if (this.#plane.hasSnapshot) {
      this.#plane.apply(JSON.parse(text) as Snapshot);
      return { kind: 'applied', sequence };
    }
    const parsed = parseSnapshot(text);
    if (parsed.kind === 'invalid') return { kind: 'refused', sequence, because: parsed.because };
    this.#plane.apply(parsed.snapshot);
    return { kind: 'applied', sequence };
  }

  /** Several changes of one turn of the event loop are told once. */
  async #tellSoon(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    await nextTurn();
    this.#isTelling = false;
    await this.#tell(true);
  }

  #tell(isUrgent: boolean): Promise<void> {
    const { connections } = this.#plane;
    const [report, limits] = [this.#plane.report(), this.#plane.limitUses()];
    return this.#options.link.send({ kind: 'told', connections, report, limits, isUrgent });
  }

  #tellMetrics(): Promise<void> {
    return this.#options.link.send({ kind: 'metrics', state: this.#options.metrics.state() });
  }

  async #leave(timeoutMs: number): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    await this.#plane.drain(timeoutMs);
    clearInterval(this.#timer);
    await this.#tellMetrics();
    await this.#tell(false);
    this.#options.exit();
  }
}
