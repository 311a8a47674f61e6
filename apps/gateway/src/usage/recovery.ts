import type { UsageRecord } from '@signalbox/domain';
import { idOfEntry } from './entries.ts';
import type { Entry } from './line.ts';
import type { RecordQueue } from './records.ts';

interface Open {
  id: string;
  /** The entry where it was read, or its text. */
  reservation: Entry | string;
  /** Number of the newest segment that holds the reservation. */
  segment: number;
}

/** Follows one writer's entries in order and queues the records that they make. */
export class WriterLedger {
  readonly #open = new Map<string, Open>();
  /** Since `keep`; most of them are settled meanwhile, and none of their texts was made. */
  #fresh: Open[] = [];

  get openReservations(): number {
    return this.#open.size;
  }

  read(entry: Entry, segment: number, into: RecordQueue): void {
    switch (entry.kind) {
      case 'R': {
        const open = { id: idOfEntry(entry), reservation: entry, segment };
        this.#open.set(open.id, open);
        this.#fresh.push(open);
        return;
      }
      case 'S':
        this.#open.delete(idOfEntry(entry));
        into.add(entry.bytes, entry.from, entry.to);
        return;
      case 'X':
        this.#open.delete(entry.text);
        return;
      case 'C':
        for (const lost of this.#lostBefore(segment)) into.addText(lost);
        return;
      default:
      // Of a newer gateway that was here before: nothing that this one knows to count.
    }
  }

  /** Entries that were read are not valid any more from now on. */
  keep(): void {
    for (const open of this.#fresh) {
      if (this.#open.get(open.id) === open) open.reservation = textOf(open.reservation);
    }
    this.#fresh = [];
  }

  /** The writer is dead: what is still open was in flight when it died. At most `count` of them; call until empty. */
  takeOpen(count: number): readonly string[] {
    const taken: string[] = [];
    for (const [id, { reservation }] of this.#open) {
      if (taken.length === count) break;
      this.#open.delete(id);
      taken.push(estimated(textOf(reservation)));
    }
    return taken;
  }

  /**
   * The writer has carried over what was open. What it has not carried had been settled, and the settlement was lost to
   * damage, or it would have been read by now.
   */
  #lostBefore(segment: number): readonly string[] {
    const lost: string[] = [];
    for (const [id, open] of this.#open) {
      if (open.segment >= segment) continue;
      this.#open.delete(id);
      lost.push(estimated(textOf(open.reservation)));
    }
    return lost;
  }
}

const unknown = {
  revisionId: null,
  deployment: null,
  revision: null,
  model: null,
  version: null,
  versionDigest: null,
  engine: null,
  quantization: null,
  replicaId: null,
  queuedMs: 0,
  firstByteMs: null,
  durationMs: 0,
  status: 0,
  outcome: 'error',
  attempts: 0,
  exactness: 'estimated',
  bytesIn: 0,
  bytesOut: 0,
} as const;

type Reserved = Omit<UsageRecord, keyof typeof unknown | 'tokens'> & { reserved: { input: number; output: number } };

function textOf(reservation: Entry | string): string {
  return typeof reservation === 'string' ? reservation : reservation.text;
}

/** The record of a request of which only the reservation is known. */
function estimated(reservation: string): string {
  const { reserved, ...request } = JSON.parse(reservation) as Reserved;
  const tokens = { input: reserved.input, cached: 0, output: reserved.output, reasoning: 0 };
  return JSON.stringify({ ...request, ...unknown, tokens } satisfies UsageRecord);
}
