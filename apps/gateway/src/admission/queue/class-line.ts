import { Flow } from './flow.ts';
import { Heap } from './heap.ts';
import { Line } from './line.ts';
import { RecentCost } from './recent-cost.ts';
import type { Place } from './ticket.ts';

const mostIdleFlows = 1_000;

/**
 * Everything of one priority class that waits. Its tenants take turns by a virtual token counter (VTC): who was
 * served least, by its weight, is next. A tenant that comes back is lifted to the least of those that wait, so that
 * it can't save up turns while it has nothing to ask.
 */
export class ClassLine {
  readonly #flows = new Map<string, Flow<Place>>();
  readonly #turns = new Heap<Flow<Place>>((a, b) => a.served < b.served || (a.served === b.served && a.turn < b.turn));
  readonly #arrivals = new Line<Place>();
  readonly #recent = new RecentCost();
  #floor = 0;
  #turn = 0;
  /** Of tenants with something in the line or promised. */
  #weights = 0;
  #backlog = 0;
  #bytes = 0;

  get length(): number {
    return this.#arrivals.length;
  }

  get backlog(): number {
    return this.#backlog;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isShared(): boolean {
    return this.#flows.size > 1;
  }

  flow(tenant: string, weight: number): Flow<Place> {
    let flow = this.#flows.get(tenant);
    if (flow === undefined) {
      flow = new Flow<Place>(tenant, weight);
      this.#flows.set(tenant, flow);
    } else if (flow.weight !== weight) {
      if (!flow.isIdle()) this.#weights += weight - flow.weight;
      flow.weight = weight;
    }
    return flow;
  }

  /**
   * Cost that goes before a newcomer of this tenant, within the class: its own line, at the part of the class that it
   * gets. That is what it got of late, or its fair part: what others leave can't be told from what they will ask.
   */
  ahead(flow: Flow<Place>, withPromised: boolean, now: number): number {
    const weights = flow.isIdle() ? this.#weights + flow.weight : this.#weights;
    const recent = this.#recent.at(now);
    const part = Math.max(flow.weight / weights, recent > 0 ? flow.recent.at(now) / recent : 0);
    return (withPromised ? flow.backlog + flow.promises.cost : flow.backlog) / part;
  }

  promise(flow: Flow<Place>, dueAt: number, cost: number, now: number): void {
    this.#change(flow, () => flow.promises.book(dueAt, cost, now));
  }

  redeem(flow: Flow<Place>, now: number): boolean {
    return flow.promises.cost > 0 && this.#change(flow, () => flow.promises.redeem(now));
  }

  add(place: Place): void {
    const { flow } = place;
    if (flow.heapAt < 0) {
      flow.served = Math.max(flow.served, this.#turns.first?.served ?? this.#floor);
      this.#turns.add(flow);
    }
    this.#change(flow, () => flow.line.add(place));
    this.#arrivals.add(place);
    this.#count(place, 1);
  }

  /** The place whose turn it is, charged for what it is expected to use. */
  next(now: number): Place | undefined {
    const flow = this.#turns.first;
    const place = flow?.line.oldest();
    if (flow === undefined || place === undefined) return undefined;
    this.#floor = flow.served;
    flow.turn = ++this.#turn;
    this.remove(place);
    this.charge(flow, place.cost);
    flow.recent.add(place.cost, now);
    this.#recent.add(place.cost, now);
    return place;
  }

  newest(): Place | undefined {
    return this.#arrivals.newest();
  }

  remove(place: Place): void {
    const { flow } = place;
    place.waiting = false;
    this.#change(flow, () => flow.line.left());
    this.#arrivals.left();
    this.#count(place, -1);
    if (flow.line.length === 0) this.#turns.remove(flow);
  }

  charge(flow: Flow<Place>, cost: number): void {
    flow.served += cost / flow.weight;
    this.#turns.moved(flow);
  }

  /** Forgets lapsed promises, and idle tenants: those at the floor lose nothing by it. */
  tidy(now: number): void {
    const floor = this.#turns.first?.served ?? this.#floor;
    const crowded = this.#flows.size > mostIdleFlows;
    for (const flow of this.#flows.values()) {
      if (flow.promises.cost > 0) this.#change(flow, () => flow.promises.lapse(now));
      if (!flow.isIdle()) continue;
      if (flow.served <= floor || crowded) this.#flows.delete(flow.tenant);
    }
  }

  /** Keeps the sum of weights right while a tenant changes. */
  #change<T>(flow: Flow<Place>, change: () => T): T {
    const wasIdle = flow.isIdle();
    const result = change();
    if (flow.isIdle() !== wasIdle) this.#weights += wasIdle ? flow.weight : -flow.weight;
    return result;
  }

  #count({ flow, cost, ticket }: Place, sign: 1 | -1): void {
    flow.backlog = flow.line.length === 0 ? 0 : flow.backlog + sign * cost;
    flow.bytes += sign * ticket.bytes;
    this.#backlog = this.#arrivals.length === 0 ? 0 : this.#backlog + sign * cost;
    this.#bytes += sign * ticket.bytes;
  }
}
