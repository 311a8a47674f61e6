import { appendFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '@signalbox/runtime';
import { mergeOldest } from './merge-segments.ts';
import type { Records } from './records.ts';
import type { SenderLock } from './sender-lock.ts';
import { bytesIn } from './spool-files.ts';
import type { UsagePost } from './usage-post.ts';
import { WriterFolder } from './writer-folder.ts';
import { isRunning, type WriterName, writerOf } from './writer-name.ts';

const lookAgainMs = 500;
const [firstBackoffMs, lastBackoffMs] = [500, 10_000];
/** No faster when it catches up: the control plane has other things to do. */
const batchEveryMs = 20;
/** Of one writer, before the next one's turn. */
const batchesPerTurn = 25;
const countBytesEveryMs = 10_000;
/** Parts of the bound: merging begins at the first and goes on to the second. */
const [tooFull, roomEnough] = [0.9, 0.7];
/** Kept for a person to look at; what is refused after that is only told of. */
const mostRefusedBytes = 16 * 1024 * 1024;

export interface UsageDeliveryOptions {
  /** The spool: all writers' folders are in it. */
  folder: string;
  post: Pick<UsagePost, 'send'>;
  lock: Pick<SenderLock, 'isOurs' | 'release'>;
  maxBytes: number;
  clock: Clock;
  random: () => number;
  log: Logger;
  /** Whether a writer may still write; tests say. */
  isRunning?: (writer: WriterName) => boolean;
}

/** For metrics; counts are since the start. */
export interface DeliveryState {
  delivered: number;
  refused: number;
  damagedBytes: number;
  /** Of the whole spool, when it was last counted. */
  spoolBytes: number;
  isAway: boolean;
  /** For how long there has been something that was not delivered. */
  behindMs: number;
}

/**
 * Takes records from the spool to the control plane: each at least once, in each writer's order, removed only after the
 * control plane has committed them. While it is away nothing is read ahead, so days of its absence cost disk and no
 * memory.
 */
export class UsageDelivery {
  readonly #options: UsageDeliveryOptions;
  readonly #folders = new Map<string, WriterFolder>();
  readonly #retired = new Set<string>();
  readonly #stop = new AbortController();
  readonly #state = { delivered: 0, refused: 0, damagedBytes: 0, spoolBytes: 0, isAway: false };
  #allSentAt: number;
  #running: Promise<void> = Promise.resolve();
  #countedAt = Number.NEGATIVE_INFINITY;
  #backoffMs = firstBackoffMs;

  constructor(options: UsageDeliveryOptions) {
    this.#options = options;
    this.#allSentAt = options.clock.now();
  }

  get state(): Readonly<DeliveryState> {
    return { ...this.#state, behindMs: Math.max(0, this.#options.clock.now() - this.#allSentAt) };
  }

  start(): void {
    this.#running = this.#run();
  }

  /** This writer has stopped in an orderly way: what it has left goes out, and its folder with it. */
  retire(bootId: string): void {
    this.#retired.add(bootId);
  }

  /** Sends what there is, for as long as that takes, or the time is over. */
  async stop(withinMs: number): Promise<void> {
    const { clock, lock } = this.#options;
    this.#stop.abort();
    const done = new AbortController();
    const last = this.#running.then(() => this.#finish()).catch(() => undefined);
    await Promise.race([last.finally(() => done.abort()), clock.sleep(withinMs, done.signal)]);
    await lock.release().catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const hasMore = await this.#round();
        this.#isBack();
        await clock.sleep(hasMore ? 0 : lookAgainMs, signal);
      } catch (error) {
        this.#isAway(error);
        await clock.sleep(this.#backoffMs * (0.5 + random() / 2), signal);
        this.#backoffMs = Math.min(this.#backoffMs * 2, lastBackoffMs);
      }
    }
  }

  async #finish(): Promise<void> {
    while (await this.#round());
  }

  /** Every writer's turn once; true when one of them has more. */
  async #round(): Promise<boolean> {
    const { folder, lock, clock } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (!(await lock.isOurs())) return false;
    await this.#makeRoom();
    let hasMore = false;
    for (const writer of await this.#writers()) {
      if (await this.#turnOf(writer)) hasMore = true;
    }
    if (!hasMore) this.#allSentAt = clock.now();
    return hasMore;
  }

  /** Oldest first: names begin with the boot's time. */
  async #writers(): Promise<{ name: string; writer: WriterName }[]> {
    const names = (await readdir(this.#options.folder)).sort();
    return names.flatMap((name) => {
      const writer = writerOf(name);
      return writer === undefined || name === 'sender' ? [] : [{ name, writer }];
    });
  }

  async #turnOf({ name, writer }: { name: string; writer: WriterName }): Promise<boolean> {
    const { clock } = this.#options;
    const folder = this.#folders.get(name) ?? this.#opened(name, writer);
    this.#folders.set(name, folder);
    for (let batch = 0; batch < batchesPerTurn; batch += 1) {
      const startedAt = clock.now();
      const records = await folder.next();
      if (folder.isOver) this.#folders.delete(name);
      const { count } = records;
      if (count === 0) return false;
      await this.#send(records);
      const hasMore = await folder.delivered(count);
      this.#state.delivered += count;
      // Not only at a round's end: where one batch in ten is lost, no round of many would ever get there.
      this.#isBack();
      // What comes meanwhile waits for the next round: small batches one after the other cost ten times as much.
      if (!hasMore && !this.#stop.signal.aborted) return false;
      const leftMs = batchEveryMs - (clock.now() - startedAt);
      if (leftMs > 0) await clock.sleep(Math.min(leftMs, batchEveryMs));
    }
    return true;
  }

  #opened(name: string, writer: WriterName): WriterFolder {
    const { folder, log } = this.#options;
    const runs = this.#options.isRunning ?? isRunning;
    return new WriterFolder({
      path: join(folder, name),
      isRunning: () => !this.#retired.has(writer.bootId) && runs(writer),
      damaged: (facts) => {
        this.#state.damagedBytes += facts.bytes;
        log.error('part of the usage spool is damaged and was passed over', { writer: writer.bootId, ...facts });
      },
    });
  }

  /** A record that the control plane cannot take must not hold up all that come after it: it is found and put aside. */
  async #send(records: Records): Promise<void> {
    const outcome = await this.#options.post.send(records);
    if (outcome.kind === 'stored') return;
    const { count } = records;
    if (count === 1) return this.#putAside(records.text(0), outcome.because);
    const middle = count >> 1;
    await this.#send(records.part(0, middle));
    await this.#send(records.part(middle, count));
  }

  async #putAside(record: string, because: string): Promise<void> {
    const { folder, log } = this.#options;
    this.#state.refused += 1;
    log.error('the control plane refused a usage record; it was put aside', { because });
    const path = join(folder, 'refused.jsonl');
    const size = await stat(path).then(
      (file) => file.size,
      () => 0,
    );
    if (size < mostRefusedBytes) await appendFile(path, `${record}\n`, { mode: 0o600 }).catch(() => undefined);
  }

  async #makeRoom(): Promise<void> {
    const { folder, clock, maxBytes, log } = this.#options;
    if (Math.abs(clock.now() - this.#countedAt) < countBytesEveryMs) return;
    this.#countedAt = clock.now();
    this.#state.spoolBytes = await bytesIn(folder);
    if (this.#state.spoolBytes < tooFull * maxBytes) return;
    log.warn('the usage spool is nearly full: its oldest records are merged', { bytes: this.#state.spoolBytes });
    for (const { name, writer } of await this.#writers()) {
      while (this.#state.spoolBytes > roomEnough * maxBytes && (await mergeOldest(join(folder, name), writer.bootId))) {
        this.#state.spoolBytes = await bytesIn(folder);
      }
    }
  }

  #isBack(): void {
    this.#backoffMs = firstBackoffMs;
    if (this.#state.isAway) this.#options.log.info('usage records reach the control plane again');
    this.#state.isAway = false;
  }

  /** Once per outage, not once per try. */
  #isAway(error: unknown): void {
    if (!this.#state.isAway) this.#options.log.warn('usage records wait for the control plane', { error });
    this.#state.isAway = true;
  }
}
