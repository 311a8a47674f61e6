import type { UsageRecord } from '@signalbox/domain';
import { idIn } from './entries.ts';
import type { Entry } from './line.ts';

interface Open {
  reservation: string;
  /** Number of the newest segment that holds the reservation. */
  segment: number;
}

/** Follows one writer's entries in order and tells which records they make, each as JSON. */
export class WriterLedger {
  readonly #open = new Map<string, Open>();

  get openReservations(): number {
    return this.#open.size;
  }

  read({ kind, text }: Entry, segment: number): readonly string[] {
    switch (kind) {
      case 'R':
        this.#open.set(idIn(text), { reservation: text, segment });
        return [];
      case 'S':
        this.#open.delete(idIn(text));
        return [text];
      case 'X':
        this.#open.delete(text);
        return [];
      case 'C':
        return this.#lostBefore(segment);
      default:
        // Of a newer gateway that was here before: nothing that this one knows to count.
        return [];
    }
  }

  /** The writer is dead: what is still open was in flight when it died. At most `count` of them; call until empty. */
  takeOpen(count: number): readonly string[] {
    const taken: string[] = [];
    for (const [id, { reservation }] of this.#open) {
      if (taken.length === count) break;
      this.#open.delete(id);
      taken.push(estimated(reservation));
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
      lost.push(estimated(open.reservation));
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

/** The record of a request of which only the reservation is known. */
function estimated(reservation: string): string {
  const { reserved, ...request } = JSON.parse(reservation) as Reserved;
  const tokens = { input: reserved.input, cached: 0, output: reserved.output, reasoning: 0 };
  return JSON.stringify({ ...request, ...unknown, tokens } satisfies UsageRecord);
}
