import { Line, type Standing } from './line.ts';
import { Promises } from './promises.ts';
import { RecentCost } from './recent-cost.ts';

/** The requests of one tenant in one class. */
export class Flow<Place extends Standing> {
  readonly tenant: string;
  readonly line = new Line<Place>();
  readonly promises = new Promises();
  readonly recent = new RecentCost();
  weight: number;
  /** Virtual time: what it was served, divided by its weight. The least one is next. */
  served = 0;
  /** Among equals, who had its last turn first. */
  turn = 0;
  /** Cost of what waits. */
  backlog = 0;
  bytes = 0;
  heapAt = -1;

  constructor(tenant: string, weight: number) {
    this.tenant = tenant;
    this.weight = weight;
  }

  /** Nothing of it would be missed. */
  isIdle(): boolean {
    return this.line.length === 0 && this.promises.cost === 0;
  }
}
