/** A worker as the door sees it. */
export interface Taker {
  /** As it told last, and those sent to it since. */
  readonly connections: number;
  /** Since when a connection is on its way to it. */
  readonly takingSince: number | undefined;
}

/** One that has not taken a connection by then is busy beyond measure, or hangs. */
const lateMs = 100;

/**
 * Who gets the next connection: the one with the fewest, since streams live long and equal turns would not stay
 * equal. A worker takes one at a time, so one that hangs keeps one waiting and no more; while it takes, others get
 * some ahead of it, and beyond that the connection waits for it. Undefined: nobody, until something changes.
 */
export function chooseWorker<Worker extends Taker>(workers: readonly Worker[], now: number): Worker | undefined {
  let chosen: Worker | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const worker of workers) {
    const { takingSince, connections } = worker;
    if (takingSince !== undefined) {
      if (now - takingSince < lateMs) fewest = Math.min(fewest, connections);
    } else if (chosen === undefined || connections < chosen.connections) chosen = worker;
  }
  return chosen !== undefined && chosen.connections <= fewest + leadOver(fewest) ? chosen : undefined;
}

/** How many more than a worker that is still taking another may get. */
function leadOver(connections: number): number {
  return 4 + connections / 16;
}
