import { PRIORITY_CLASSES, type PriorityClass, type SnapshotQueue } from '@signalbox/domain';
import { ClassLine } from './class-line.ts';
import type { Flow } from './flow.ts';
import { Heap } from './heap.ts';
import { ServiceRate } from './service-rate.ts';
import { costOf, type Place, type QueueOutcome, type QueueRefusal, type QueueTicket } from './ticket.ts';

const soonestRetryMs = 1_000;
/** Part of the longest wait at which newcomers yield to those who were promised a turn: the rest is for bad guesses. */
const aim = 0.3;
/** Turns are promised at a little less than the rate, which will vary until they are due; newcomers take the rest. */
const spare = 1.15;

/**
 * Where the requests of one route wait when no replica has room: by class, within a class by what their tenants were
 * served, within a tenant in order. Bounded in requests, bytes and time; who would wait too long is told at once.
 */
export class RouteQueue {
  readonly #hasRoom: () => boolean;
  readonly #lines: readonly ClassLine[] = PRIORITY_CLASSES.map(() => new ClassLine());
  readonly #expiries = new Heap<Place>((a, b) => a.expiresAt < b.expiresAt);
  readonly #rate = new ServiceRate(PRIORITY_CLASSES.length);
  #bounds: SnapshotQueue;
  #waiting = 0;
  #bytes = 0;
  #closed = false;
  #dispatching = false;

  /** `hasRoom`: whether one more request could go to a replica now. */
  constructor(bounds: SnapshotQueue, hasRoom: () => boolean) {
    this.#bounds = bounds;
    this.#hasRoom = hasRoom;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get bytes(): number {
    return this.#bytes;
  }

  waitingIn(priority: PriorityClass): { requests: number; bytes: number } {
    const { length, bytes } = this.#line(priority);
    return { requests: length, bytes };
  }

  /** From a newer snapshot. Who waits already goes on waiting. */
  resize(bounds: SnapshotQueue): void {
    this.#bounds = bounds;
  }

  /** `queued`: one of the ticket's methods will be called, later and once. */
  enter(ticket: QueueTicket, now: number): 'go' | 'queued' | QueueRefusal {
    if (this.#closed) return refusal('draining', 0);
    if (this.#waiting > 0) this.dispatch(now);
    // The ordinary case: 5 ns, nothing allocated and nothing counted.
    if (this.#waiting === 0 && this.#hasRoom()) return 'go';
    return this.#lineUp(ticket, now);
  }

  /** The caller of a waiting request is gone. False when it does not wait (any more). */
  leave(ticket: QueueTicket, now: number): boolean {
    const { place } = ticket;
    if (place === undefined || !place.waiting) return false;
    this.#remove(place);
    ticket.place = undefined;
    this.dispatch(now);
    return true;
  }

  /**
   * A request that went, at once or after waiting, is over and has given its room back; the next ones go. Its true
   * use corrects what its tenant was charged.
   */
  released(ticket: QueueTicket, inputTokens: number, outputTokens: number, now: number): void {
    const { place } = ticket;
    ticket.place = undefined;
    if (place !== undefined) {
      this.#line(ticket.priority).charge(place.flow, costOf(inputTokens, outputTokens) - place.cost);
    }
    if (this.#waiting === 0) return;
    const cost = place?.cost ?? costOf(ticket.inputTokens, ticket.outputTokens);
    this.#rate.served(PRIORITY_CLASSES.indexOf(ticket.priority), cost, now);
    this.dispatch(now);
  }

  /** Lets go whoever there is room for; also for when room came by itself, as with a new replica. */
  dispatch(now: number): void {
    // A request that fails at once gives its room back within `admitted`: the loop outside goes on with it.
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      while (this.#waiting > 0 && this.#hasRoom()) {
        const place = this.#next(now);
        if (place === undefined) break;
        place.ticket.admitted(now - place.enteredAt);
      }
    } finally {
      this.#dispatching = false;
    }
  }

  /** To be called some ten times a second: refuses whose time is over. */
  expire(now: number): void {
    for (let place = this.#expiries.first; place !== undefined; place = this.#expiries.first) {
      if (place.expiresAt > now) break;
      const outcome = place.ticket.deadlineAt <= now ? 'deadline' : 'waitTooLong';
      this.#refuse(place, outcome, this.#promise(place.ticket, place.flow, now));
    }
    for (const line of this.#lines) line.tidy(now);
    this.dispatch(now);
  }

  /** The gateway goes: refuses all that wait and all that comes. */
  close(): void {
    this.#closed = true;
    for (let place = this.#expiries.first; place !== undefined; place = this.#expiries.first) {
      this.#refuse(place, 'draining', 0);
    }
  }

  #lineUp(ticket: QueueTicket, now: number): 'queued' | QueueRefusal {
    const line = this.#line(ticket.priority);
    const flow = line.flow(ticket.tenant, ticket.weight);
    const refused = this.#tooMany(ticket, line, flow, now) ?? this.#tooLong(ticket, flow, now);
    if (refused !== undefined) return refused;
    this.#makePlace(ticket);
    const expiresAt = Math.min(now + this.#bounds.maxWaitMs, ticket.deadlineAt);
    const cost = costOf(ticket.inputTokens, ticket.outputTokens);
    const place: Place = { ticket, flow, cost, enteredAt: now, expiresAt, waiting: true, heapAt: -1 };
    ticket.place = place;
    this.#waiting++;
    this.#bytes += ticket.bytes;
    this.#expiries.add(place);
    line.add(place);
    return 'queued';
  }

  /** One tenant has at most half where there are others; a full queue still takes what is above its lowest class. */
  #tooMany(ticket: QueueTicket, line: ClassLine, flow: Flow<Place>, now: number): QueueRefusal | undefined {
    const { maxRequests, maxBytes } = this.#bounds;
    const part = line.isShared ? 0.5 : 1;
    if (flow.line.length >= Math.max(1, maxRequests * part) || flow.bytes + ticket.bytes > maxBytes * part) {
      // Alone it meets the queue's own bound.
      const outcome = part < 1 ? 'tenantFull' : 'queueFull';
      if (part < 1 || !this.#couldMakePlace(ticket)) return refusal(outcome, this.#ahead(ticket, flow, now) / 4);
    }
    return this.#couldMakePlace(ticket) ? undefined : refusal('queueFull', this.#drained(ticket) / 4);
  }

  #tooLong(ticket: QueueTicket, flow: Flow<Place>, now: number): QueueRefusal | undefined {
    const allowed = Math.min(this.#bounds.maxWaitMs, ticket.deadlineAt - now);
    const outcome = ticket.deadlineAt - now < this.#bounds.maxWaitMs ? 'deadline' : 'waitTooLong';
    if (allowed <= 0) return refusal(outcome, 0);
    if (this.#line(ticket.priority).redeem(flow, now)) return undefined;
    const wait = this.#ahead(ticket, flow, now);
    if (wait <= allowed * aim) return undefined;
    if (this.#ahead(ticket, flow, now, true) <= allowed) return undefined;
    return refusal(outcome, this.#promise(ticket, flow, now));
  }

  /** When its tenant's turn comes after all that waits and was promised, with a part of its longest wait to spare. */
  #promise(ticket: QueueTicket, flow: Flow<Place>, now: number): number {
    const allowed = Math.min(this.#bounds.maxWaitMs, Math.max(0, ticket.deadlineAt - now));
    const afterMs = Math.max(soonestRetryMs, spare * this.#ahead(ticket, flow, now, true) - allowed * aim);
    this.#line(ticket.priority).promise(flow, now + afterMs, costOf(ticket.inputTokens, ticket.outputTokens), now);
    return afterMs;
  }

  /** The wait of a newcomer in ms; none is predicted while nothing is known of the rate. */
  #ahead({ priority }: QueueTicket, flow: Flow<Place>, now: number, withPromised = false): number {
    const at = PRIORITY_CLASSES.indexOf(priority);
    const rate = this.#rate.left(at);
    if (rate === undefined) return 0;
    let ahead = this.#line(priority).ahead(flow, withPromised, now);
    for (let i = 0; i < at; i++) ahead += this.#lines[i]?.backlog ?? 0;
    return ahead / rate;
  }

  /** Until all that waits in this class and above is gone. */
  #drained({ priority }: QueueTicket): number {
    const at = PRIORITY_CLASSES.indexOf(priority);
    const rate = this.#rate.left(at);
    if (rate === undefined) return 0;
    let backlog = 0;
    for (let i = 0; i <= at; i++) backlog += this.#lines[i]?.backlog ?? 0;
    return backlog / rate;
  }

  #couldMakePlace({ priority, bytes }: QueueTicket): boolean {
    let requests = this.#waiting;
    let held = this.#bytes;
    for (let at = PRIORITY_CLASSES.indexOf(priority) + 1; at < this.#lines.length; at++) {
      requests -= this.#lines[at]?.length ?? 0;
      held -= this.#lines[at]?.bytes ?? 0;
    }
    return requests < this.#bounds.maxRequests && held + bytes <= this.#bounds.maxBytes;
  }

  /** The newest of the lowest class gives way: it has waited least. */
  #makePlace({ priority, bytes }: QueueTicket): void {
    const own = PRIORITY_CLASSES.indexOf(priority);
    for (let at = this.#lines.length - 1; at > own; at--) {
      while (this.#waiting >= this.#bounds.maxRequests || this.#bytes + bytes > this.#bounds.maxBytes) {
        const newest = this.#lines[at]?.newest();
        if (newest === undefined) break;
        this.#refuse(newest, 'queueFull', this.#drained(newest.ticket) / 4);
      }
    }
  }

  #next(now: number): Place | undefined {
    for (const line of this.#lines) {
      const place = line.next(now);
      if (place === undefined) continue;
      this.#forget(place);
      return place;
    }
    return undefined;
  }

  #refuse(place: Place, outcome: QueueOutcome, retryAfterMs: number): void {
    this.#remove(place);
    place.ticket.place = undefined;
    place.ticket.refused(refusal(outcome, retryAfterMs));
  }

  #remove(place: Place): void {
    this.#line(place.ticket.priority).remove(place);
    this.#forget(place);
  }

  #forget(place: Place): void {
    this.#expiries.remove(place);
    this.#waiting--;
    this.#bytes -= place.ticket.bytes;
    if (this.#waiting === 0) this.#rate.pause();
  }

  #line(priority: PriorityClass): ClassLine {
    const line = this.#lines[PRIORITY_CLASSES.indexOf(priority)];
    if (line === undefined) throw new RangeError(`there is no class ${priority}`);
    return line;
  }
}

function refusal(outcome: QueueOutcome, afterMs: number): QueueRefusal {
  return { kind: 'queue', outcome, retryAfterMs: Math.max(soonestRetryMs, Math.ceil(afterMs)) };
}
