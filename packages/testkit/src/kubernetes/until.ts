import { setTimeout as delay } from 'node:timers/promises';

export type Bound = { what: string; withinMs: number; everyMs?: number };

/** Asks again until there is an answer; names what did not happen when the time is up. */
export async function until<T>(bound: Bound, ask: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + bound.withinMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      lastError = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      lastError = error;
    }
    if (Date.now() > deadline) {
      const reason = lastError instanceof Error ? `: ${lastError.message}` : '';
      throw new Error(`${bound.what}: not within ${bound.withinMs} ms${reason}`, { cause: lastError });
    }
    await delay(bound.everyMs ?? 50);
  }
}

/** Thrown by a question that can never be answered any more, so that nobody waits for the deadline. */
export class Hopeless extends Error {}
