import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { UsageRecord } from '@signalbox/domain';
import {
  type AdmittedRequest,
  type EntryStart,
  entryStart,
  idOf,
  mostEntryBytes,
  putHead,
  putReserved,
  putSettled,
  type Settlement,
} from './entries.ts';
import { EntryBuffer } from './entry-buffer.ts';
import { asciiJson } from './json-bytes.ts';
import { OpenReservations, Reservation } from './open-reservations.ts';
import { type AppendOnlyFiles, bytesIn, realFiles, segmentName } from './spool-files.ts';
import { UsageTotals } from './usage-totals.ts';
import { folderOf, type WriterName } from './writer-name.ts';

const tickMs = 1_000;
const segmentBytes = 4 * 1024 * 1024;
/** Segments end in time, too: what was delivered from them can then go. */
const ticksPerSegment = 60;
const ticksPerCount = 10;
/** About what a reservation takes in a segment. */
const reservationBytes = 350;
/** Reservations that one flush carries over: 10 µs. */
const carriedAtOnce = 64;
const carriesPerTick = 16;
const [letterR, letterS] = [0x52, 0x53];
/** Kept in memory while the disk takes nothing: some 5,000 requests. */
const mostWaiting = 4 * 1024 * 1024;

export interface SpoolEvents {
  /** Once per outage: from now on records wait in memory, and are merged when they become many. */
  failing(error: unknown): void;
  recovered(merged: { requests: number; records: number }): void;
}

export interface SpoolOptions {
  /** Of all writers of this gateway; each writes into a folder of its own below. */
  folder: string;
  gatewayId: string;
  writer: WriterName;
  events: SpoolEvents;
  /** Of all writers together. The sender merges records to stay below it; beyond it nothing more is written. */
  maxBytes?: number;
  files?: AppendOnlyFiles;
}

/**
 * Keeps a usage record for every request on the local disk until the control plane has it. `reserve` and `settle` only
 * add text; `flush` hands all of it to the system in one write, once per turn of the event loop, before the requests of
 * that turn go to engines. What was written outlives a kill of this process; a crash of the machine may cost the last
 * second, because the disk is synced behind the traffic.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #folder: string;
  readonly #files: AppendOnlyFiles;
  readonly #entryStart: EntryStart;
  readonly #open = new OpenReservations();
  readonly #entries = new EntryBuffer();
  #sequence = 0;
  #segment = 0;
  #file: number | undefined;
  #bytes = 0;
  #ticks = 0;
  #carrying = false;
  /** The segment has more than what was carried into it. */
  #hasNews = false;
  #unsynced = false;
  #syncing = false;
  #usedBytes = 0;
  #failure: unknown;
  #isMerging = false;
  readonly #totals = new UsageTotals();
  #mergedRequests = 0;
  /** Of requests whose reservation may be on disk and whose settlement was merged. As many as were in flight at most. */
  #settledElsewhere: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#files = options.files ?? realFiles;
    this.#folder = join(options.folder, folderOf(options.writer));
    this.#entryStart = entryStart(options.writer.bootId, options.gatewayId);
    this.#attempt(() => this.#begin());
  }

  /** For metrics. */
  get state(): { failing: boolean; openReservations: number; waitingBytes: number; mergedRequests: number } {
    return {
      failing: this.#failure !== undefined,
      openReservations: this.#open.size,
      waitingBytes: this.#entries.waitingBytes,
      mergedRequests: this.#mergedRequests,
    };
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), tickMs).unref();
  }

  /** Writes and syncs what there is. Requests that have not ended by now will be booked as estimated. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#failure !== undefined) this.#retry();
    this.flush();
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await new Promise<void>((done) => this.#files.sync(file, () => done()));
    this.#files.close(file);
  }

  /** Before a request is dispatched; `flush` comes between. */
  reserve(request: AdmittedRequest): Reservation {
    const reservation = this.#reservation(request);
    this.#open.add(reservation);
    if (this.#isMerging) {
      reservation.segment = 0;
      return reservation;
    }
    const { bytes } = this.#entries;
    const from = this.#entries.begin();
    this.#hasNews = true;
    bytes[from] = letterR;
    const end = putHead(bytes, from + 1, this.#entryStart, reservation.sequence, request);
    // Read back once and copied from then on, which costs a third of putting it together again.
    reservation.head = bytes.toString('latin1', from + 1, end);
    this.#added(putReserved(bytes, end, request));
    return reservation;
  }

  /** Once, when the request is over. */
  settle(reservation: Reservation, end: Settlement): void {
    if (!reservation.isOpen) return;
    this.#open.remove(reservation);
    if (this.#isMerging) this.#merge(reservation, end);
    else this.#added(this.#putSettlement(reservation, end));
  }

  /** For a request that was never dispatched. */
  record(request: AdmittedRequest, end: Settlement): void {
    const reservation = this.#reservation(request);
    reservation.segment = 0;
    if (this.#isMerging) this.#merge(reservation, end);
    else this.#added(this.#putSettlement(reservation, end));
  }

  flush(): void {
    if (this.#failure !== undefined) return;
    if (this.#carrying) this.#carryOn();
    if (this.#entries.isEmpty) return;
    this.#attempt(() => {
      this.#writeOut();
      // Carried reservations must stay a small part of what is written, however many streams are open.
      if (this.#bytes >= segmentBytes && this.#bytes >= 4 * reservationBytes * this.#open.size) this.#begin();
    });
  }

  /** Once a second, off the hot path. */
  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % ticksPerCount === 0) void this.#countBytes();
    if (this.#failure !== undefined) this.#retry();
    this.flush();
    for (let round = 1; this.#carrying && round < carriesPerTick && this.#failure === undefined; round += 1)
      this.flush();
    // An idle gateway begins none: a week without the control plane would leave ten thousand files.
    if (this.#ticks >= ticksPerSegment && this.#hasNews && !this.#carrying) this.#attempt(() => this.#begin());
    this.#sync();
  }

  #reservation(request: AdmittedRequest): Reservation {
    this.#sequence += 1;
    return new Reservation(this.#sequence, request, Math.max(this.#segment, 1));
  }

  #putHead(at: number, { head, sequence, request }: Reservation): number {
    const { bytes } = this.#entries;
    return head === '' ? putHead(bytes, at, this.#entryStart, sequence, request) : at + bytes.write(head, at, 'latin1');
  }

  #putSettlement(reservation: Reservation, end: Settlement): number {
    const from = this.#entries.begin();
    this.#hasNews = true;
    this.#entries.bytes[from] = letterS;
    return putSettled(this.#entries.bytes, this.#putHead(from + 1, reservation), end);
  }

  #added(end: number): void {
    this.#entries.end(end);
    if (this.#failure !== undefined && this.#entries.waitingBytes > mostWaiting) this.#isMerging = true;
  }

  #writeOut(): void {
    const file = this.#file;
    if (file === undefined) throw new Error('no segment is open');
    this.#unsynced = true;
    this.#entries.writeWith((from, at, length) => {
      const written = this.#files.append(file, from, at, length);
      this.#bytes += written;
      return written;
    });
  }

  /** The next segment. Reservations that are still open follow into it bit by bit, so that no turn waits for all. */
  #begin(): void {
    if (this.#segment === 0 || this.#failure !== undefined) mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const former = this.#file;
    this.#file = undefined;
    if (former !== undefined) this.#finish(former);
    this.#file = this.#files.create(join(this.#folder, segmentName(this.#segment + 1)));
    this.#segment += 1;
    this.#bytes = 0;
    this.#ticks = 0;
    this.#hasNews = false;
    this.#carrying = this.#segment > 1 || this.#open.size > 0;
    this.#open.toStart();
  }

  #carryOn(): void {
    for (let count = 0; count < carriedAtOnce; count += 1) {
      const reservation = this.#open.nextOutside(this.#segment);
      if (reservation === undefined) {
        this.#entries.add('C');
        this.#carrying = false;
        return;
      }
      reservation.segment = this.#segment;
      const from = this.#entries.begin();
      this.#entries.bytes[from] = letterR;
      this.#added(putReserved(this.#entries.bytes, this.#putHead(from + 1, reservation), reservation.request));
    }
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const isNew = this.#failure === undefined;
    this.#failure = error;
    if (this.#file !== undefined) this.#finish(this.#file);
    this.#file = undefined;
    if (isNew) this.#options.events.failing(error);
  }

  #retry(): void {
    if (this.#isOverBound()) return;
    try {
      this.#begin();
      this.#hasNews = true;
      this.#writeOut();
      const merged = { requests: this.#mergedRequests, records: this.#totals.size };
      this.#appendMerged();
      this.#writeOut();
      this.#failure = undefined;
      this.#isMerging = false;
      this.#mergedRequests = 0;
      this.#options.events.recovered(merged);
    } catch (error) {
      this.#abandon(error);
    }
  }

  /** A segment that nothing got into goes: each try would leave one behind. */
  #abandon(error: unknown): void {
    const isEmpty = this.#file !== undefined && this.#bytes === 0;
    this.#fail(error);
    if (isEmpty) rmSync(join(this.#folder, segmentName(this.#segment)), { force: true });
  }

  #merge(reservation: Reservation, end: Settlement): void {
    const bytes = Buffer.alloc(mostEntryBytes);
    const length = putSettled(
      bytes,
      putHead(bytes, 0, this.#entryStart, reservation.sequence, reservation.request),
      end,
    );
    this.#totals.add(JSON.parse(bytes.toString('latin1', 0, length)) as UsageRecord);
    this.#mergedRequests += 1;
    if (reservation.segment > 0) this.#settledElsewhere.push(this.#id(reservation.sequence));
  }

  #appendMerged(): void {
    for (const id of this.#settledElsewhere) this.#entries.add(`X${id}`);
    this.#settledElsewhere = [];
    for (const record of this.#totals.take(() => this.#id(++this.#sequence))) {
      this.#entries.add(`S${asciiJson(record)}`);
    }
  }

  #id(sequence: number): string {
    return idOf(this.#options.writer.bootId, sequence);
  }

  #sync(): void {
    const file = this.#file;
    if (file === undefined || !this.#unsynced || this.#syncing) return;
    this.#unsynced = false;
    this.#syncing = true;
    this.#files.sync(file, (error) => {
      this.#syncing = false;
      if (error !== null && this.#file === file) this.#fail(error);
    });
  }

  #finish(file: number): void {
    this.#files.sync(file, () => {
      try {
        this.#files.close(file);
      } catch {
        // The disk has failed already, and that was told.
      }
    });
  }

  async #countBytes(): Promise<void> {
    this.#usedBytes = await bytesIn(this.#options.folder);
    const { maxBytes = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#failure === undefined && this.#isOverBound()) {
      this.#fail(new Error(`the spool holds ${this.#usedBytes} bytes of ${maxBytes}`));
    }
  }

  #isOverBound(): boolean {
    return this.#usedBytes > (this.#options.maxBytes ?? Number.POSITIVE_INFINITY);
  }
}
