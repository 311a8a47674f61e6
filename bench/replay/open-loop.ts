import { Agent } from 'undici';
import { type Outcome, send, type Target } from './send.ts';
import type { PlannedRequest } from './trace.ts';

export interface OpenLoop {
  outcomes: Outcome[];
  inFlight(): number;
  /** How late requests went out, because this process was busy: the load is only as open as this is small. */
  latenessMs: number[];
  /** No more requests; resolves when the last has its answer. */
  stop(): Promise<void>;
  /** Resolves when the plan has ended by itself. */
  sent: Promise<void>;
}

const nobodyAnswersMs = 11 * 60_000;

/** Sends each request at its time, however many are still being answered: callers of a service don't wait for it. */
export function startOpenLoop(plan: Iterable<PlannedRequest>, target: Target, now: () => number): OpenLoop {
  const agent = new Agent({ connections: null, headersTimeout: nobodyAnswersMs, bodyTimeout: nobodyAnswersMs });
  const outcomes: Outcome[] = [];
  const latenessMs: number[] = [];
  const startedAt = now();
  let inFlight = 0;
  const stopping = Promise.withResolvers<void>();
  let isStopping = false;

  const launch = async (request: PlannedRequest): Promise<void> => {
    inFlight++;
    outcomes.push(await send(request, target, agent, now));
    inFlight--;
    if (inFlight === 0) idle.resolve();
  };
  let idle = Promise.withResolvers<void>();

  const sendAll = async (): Promise<void> => {
    for (const request of plan) {
      const waitMs = startedAt + request.atMs - now();
      if (waitMs > 1) await Promise.race([sleep(waitMs), stopping.promise]);
      if (isStopping) return;
      latenessMs.push(Math.max(0, now() - startedAt - request.atMs));
      void launch(request);
    }
  };
  const sent = sendAll();
  return {
    outcomes,
    latenessMs,
    inFlight: () => inFlight,
    sent,
    stop: async () => {
      isStopping = true;
      stopping.resolve();
      await sent;
      while (inFlight > 0) {
        idle = Promise.withResolvers<void>();
        await idle.promise;
      }
      await agent.close();
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
