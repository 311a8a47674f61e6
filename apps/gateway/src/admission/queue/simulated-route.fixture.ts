import type { PriorityClass } from '@signalbox/domain';
import { Heap } from './heap.ts';
import { RouteQueue } from './route-queue.ts';
import type { Place, QueueRefusal, QueueTicket } from './ticket.ts';

interface Happening {
  at: number;
  heapAt: number;
  run: () => void;
}

/** Virtual time: things happen in the order of their times, at once. */
export class VirtualTime {
  readonly #happenings = new Heap<Happening>((a, b) => a.at < b.at);
  now = 0;

  at(at: number, run: () => void): void {
    this.#happenings.add({ at, heapAt: -1, run });
  }

  runUntil(end: number): void {
    for (let next = this.#happenings.first; next !== undefined && next.at <= end; next = this.#happenings.first) {
      this.#happenings.remove(next);
      this.now = next.at;
      next.run();
    }
  }
}

export interface Asked {
  tenant?: string;
  weight?: number;
  priority?: PriorityClass;
  input: number;
  output: number;
  /** What was reserved of output; the true one unless said. */
  guess?: number;
  deadlineMs?: number;
  bytes?: number;
}

/** One request of a simulated route, and what became of it. */
export class SimulatedRequest implements QueueTicket {
  readonly tenant: string;
  readonly weight: number;
  readonly priority: PriorityClass;
  readonly bytes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly deadlineAt: number;
  readonly asked: Asked;
  readonly arrivedAt: number;
  readonly #route: SimulatedRoute;
  place: Place | undefined;
  state: 'new' | 'waiting' | 'running' | 'done' | 'refused' = 'new';
  refusal: QueueRefusal | undefined;
  waitedMs = 0;
  endedAt = 0;
  calls = 0;

  constructor(route: SimulatedRoute, asked: Asked) {
    this.#route = route;
    this.asked = asked;
    this.arrivedAt = route.time.now;
    this.tenant = asked.tenant ?? 'a';
    this.weight = asked.weight ?? 1;
    this.priority = asked.priority ?? 'standard';
    this.bytes = asked.bytes ?? 1_000;
    this.inputTokens = asked.input;
    this.outputTokens = asked.guess ?? asked.output;
    this.deadlineAt = route.time.now + (asked.deadlineMs ?? Number.POSITIVE_INFINITY);
  }

  admitted(waitedMs: number): void {
    this.calls++;
    this.waitedMs = waitedMs;
    this.#route.start(this);
  }

  refused(refusal: QueueRefusal): void {
    this.calls++;
    this.state = 'refused';
    this.refusal = refusal;
    this.#route.onRefused(this);
  }
}

/** Slots that each serve one request at a time, at a fixed speed, behind the real queue. */
export class SimulatedRoute {
  readonly time = new VirtualTime();
  readonly queue: RouteQueue;
  readonly requests: SimulatedRequest[] = [];
  readonly slots: number;
  onRefused: (request: SimulatedRequest) => void = () => {};
  running = 0;
  busyMs = 0;

  constructor(slots: number, bounds: { maxRequests?: number; maxBytes?: number; maxWaitMs?: number } = {}) {
    this.slots = slots;
    this.queue = new RouteQueue(
      { maxRequests: 10_000, maxBytes: 1e9, maxWaitMs: 10_000, ...bounds },
      () => this.running < this.slots,
    );
  }

  serviceMs({ input, output }: Asked): number {
    return input * 0.2 + output * 10;
  }

  arrive(asked: Asked): SimulatedRequest {
    const request = new SimulatedRequest(this, asked);
    this.requests.push(request);
    const entered = this.queue.enter(request, this.time.now);
    if (entered === 'go') this.start(request);
    else if (entered === 'queued') request.state = 'waiting';
    else {
      request.state = 'refused';
      request.refusal = entered;
      this.onRefused(request);
    }
    return request;
  }

  start(request: SimulatedRequest): void {
    request.state = 'running';
    this.running++;
    const ms = this.serviceMs(request.asked);
    this.time.at(this.time.now + ms, () => {
      request.state = 'done';
      request.endedAt = this.time.now;
      this.running--;
      this.busyMs += ms;
      this.queue.released(request, request.asked.input, request.asked.output, this.time.now);
    });
  }

  /** Arrivals at random times, `perSecond` on average, until `end`; and the queue's sweep. */
  traffic(perSecond: number, end: number, random: () => number, ask: () => Asked): void {
    const next = (): void => {
      if (this.time.now >= end) return;
      this.arrive(ask());
      this.time.at(this.time.now - (Math.log(1 - random()) * 1_000) / perSecond, next);
    };
    this.time.at(0, next);
  }

  sweep(end: number): void {
    this.time.at(this.time.now + 100, () => {
      this.queue.expire(this.time.now);
      if (this.time.now < end) this.sweep(end);
    });
  }
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
