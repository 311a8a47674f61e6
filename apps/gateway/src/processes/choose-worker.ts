/** A worker as the door sees it. */
export interface Taker {
  /** As it told last, and those sent to it since. */
  readonly connections: number;
  /** A connection is on its way to it. */
  readonly isTaking: boolean;
}

/**
 * Who gets the next connection: the one with the fewest, since streams live long and equal turns would not stay
 * equal. One at a time: a worker that hangs then keeps one connection waiting and no more.
 */
export function chooseWorker<Worker extends Taker>(workers: readonly Worker[]): Worker | undefined {
  let chosen: Worker | undefined;
  for (const worker of workers) {
    if (worker.isTaking) continue;
    if (chosen === undefined || worker.connections < chosen.connections) chosen = worker;
  }
  return chosen;
}
