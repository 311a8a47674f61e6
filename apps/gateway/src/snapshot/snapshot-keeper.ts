import type { Snapshot } from '@signalbox/domain';
import type { Logger } from '@signalbox/runtime';
import { fence } from './fence.ts';
import { parseSnapshot } from './parse-snapshot.ts';
import type { SnapshotDisk } from './snapshot-disk.ts';

export type OfferOutcome = 'applied' | 'same' | 'invalid' | 'older' | 'conflict';

/** Holds the one snapshot that counts, lets only a newer valid one take its place, and keeps it on disk. */
export class SnapshotKeeper {
  readonly #disk: SnapshotDisk;
  readonly #log: Logger;
  readonly #apply: (snapshot: Snapshot, text: string) => void;
  #current: Snapshot | undefined;

  constructor(options: { disk: SnapshotDisk; log: Logger; apply: (snapshot: Snapshot, text: string) => void }) {
    this.#disk = options.disk;
    this.#log = options.log;
    this.#apply = options.apply;
  }

  get current(): Snapshot | undefined {
    return this.#current;
  }

  async loadFromDisk(): Promise<void> {
    const found = await this.#disk.newest();
    if (found === undefined) return this.#log.info('no snapshot on disk; waiting for the control plane');
    this.#take(found.snapshot, found.text);
    this.#log.info('snapshot taken from disk', identityOf(found.snapshot));
  }

  offer(text: string): OfferOutcome {
    const parsed = parseSnapshot(text);
    if (parsed.kind === 'invalid') {
      this.#log.error('an invalid snapshot was refused; the last good one stays', { because: parsed.because });
      return 'invalid';
    }
    const { snapshot } = parsed;
    const facts = { offered: identityOf(snapshot), current: this.#current && identityOf(this.#current) };
    const verdict = fence(this.#current, snapshot);
    if (verdict === 'older') this.#log.warn('an older snapshot was refused', facts);
    if (verdict === 'conflict') this.#log.error('the same snapshot number came with other content; refused', facts);
    if (verdict !== 'apply') return verdict;
    this.#take(snapshot, text);
    this.#log.info('snapshot applied', identityOf(snapshot));
    void this.#disk.save(snapshot, text);
    return 'applied';
  }

  #take(snapshot: Snapshot, text: string): void {
    this.#apply(snapshot, text);
    this.#current = snapshot;
  }
}

function identityOf({ epoch, number, hash }: Snapshot): { epoch: number; number: number; hash: string } {
  return { epoch, number, hash };
}
