import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshot } from '@signalbox/domain';
import type { Logger } from '@signalbox/runtime';
import { writeWhole } from '../whole-file.ts';
import { parseSnapshot } from './parse-snapshot.ts';

const kept = 3;
const fileName = /^snapshot-(\d+)-(\d+)\.json$/;

/** The last good snapshots on disk: what the gateway serves from when it starts and the control plane is away. */
export class SnapshotDisk {
  readonly #folder: string;
  readonly #log: Logger;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /** The newest that is whole, or undefined. A damaged file is passed over, never repaired. */
  async newest(): Promise<{ snapshot: Snapshot; text: string } | undefined> {
    for (const name of await this.#names()) {
      const text = await readFile(join(this.#folder, name), 'utf8').catch(() => '');
      const parsed = parseSnapshot(text);
      if (parsed.kind === 'valid') return { snapshot: parsed.snapshot, text };
      this.#log.warn('a snapshot on disk is damaged and was passed over', { file: name, because: parsed.because });
    }
    return undefined;
  }

  /** Written in the order of the calls, behind the traffic: a full disk is logged and stops nothing. */
  save(identity: Pick<Snapshot, 'epoch' | 'number'>, text: string): Promise<void> {
    const write = async (): Promise<void> => {
      try {
        await this.#write(`snapshot-${identity.epoch}-${identity.number}.json`, text);
      } catch (error) {
        this.#log.error('the snapshot could not be kept on disk', { ...identity, error });
      }
    };
    this.#writing = this.#writing.then(write);
    return this.#writing;
  }

  /** Resolves when everything that was to be saved is. */
  idle(): Promise<void> {
    return this.#writing;
  }

  async #write(name: string, text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeWhole(join(this.#folder, name), text);
    for (const old of (await this.#names()).slice(kept)) await rm(join(this.#folder, old), { force: true });
  }

  /** Newest first, by epoch and number: clocks and file times order nothing. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const numbered = names.flatMap((name) => {
      const match = fileName.exec(name);
      return match === null ? [] : [{ name, epoch: Number(match[1]), number: Number(match[2]) }];
    });
    numbered.sort((a, b) => b.epoch - a.epoch || b.number - a.number);
    return numbered.map(({ name }) => name);
  }
}
