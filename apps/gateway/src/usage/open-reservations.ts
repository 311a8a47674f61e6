import type { AdmittedRequest } from './entries.ts';

/** A request that was let in and has not ended. Made by the spool, handed back to it in the end. */
export class Reservation {
  readonly sequence: number;
  readonly request: AdmittedRequest;
  /** What both of its entries begin with; empty when it was not written. */
  head = '';
  /** Newest segment that holds it; 0 for none. */
  segment: number;
  isOpen = true;
  older: Reservation | undefined;
  newer: Reservation | undefined;

  constructor(sequence: number, request: AdmittedRequest, segment: number) {
    this.sequence = sequence;
    this.request = request;
    this.segment = segment;
  }
}

/**
 * Open reservations, oldest first, as a list through the reservations themselves: a Map by id costs 0.3 µs per request,
 * because each id would be a new string to hash. One place in the list moves on with the carrying over of
 * reservations from segment to segment, whatever leaves meanwhile.
 */
export class OpenReservations {
  #oldest: Reservation | undefined;
  #newest: Reservation | undefined;
  #place: Reservation | undefined;
  size = 0;

  add(reservation: Reservation): void {
    reservation.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = reservation;
    else this.#newest.newer = reservation;
    this.#newest = reservation;
    this.size += 1;
  }

  remove(reservation: Reservation): void {
    const { older, newer } = reservation;
    if (this.#place === reservation) this.#place = newer;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    reservation.older = undefined;
    reservation.newer = undefined;
    reservation.isOpen = false;
    this.size -= 1;
  }

  toStart(): void {
    this.#place = this.#oldest;
  }

  /** The next one that is not yet in this segment. Those that came after the segment began are, and end the walk. */
  nextOutside(segment: number): Reservation | undefined {
    while (this.#place !== undefined) {
      const found = this.#place;
      this.#place = found.newer;
      if (found.segment !== segment) return found;
    }
    return undefined;
  }
}
