import type { Random } from '../../../../../packages/testkit/src/simulated-engine/engine/random.ts';
import type { Bucket } from './bucket.ts';
import { Reservation } from './reservation.ts';
import type { TokenEstimate } from './token-estimate.ts';

/** What was used, by the second in which its request was let in. */
export type Used = Map<number, number>;

interface InFlight {
  reservation: Reservation;
  bytes: number;
  input: number;
  output: number;
  startedAt: number;
  endsAt: number;
}

const frameEveryMs = 20;

/**
 * Callers of one process with one limit: requests come at random, with sizes that no reservation guesses right and a
 * `max_tokens` far above what answers take; one in ten is broken off.
 */
export class SimulatedCallers {
  readonly #limits: readonly Bucket[];
  readonly #estimate: TokenEstimate;
  readonly #random: Random;
  readonly #used: Used;
  readonly #streams: boolean;
  #inFlight: InFlight[] = [];
  refused = 0;

  /** `streams`: what outgrows its reservation is charged while it runs; else at its end. */
  constructor(parts: {
    limits: readonly Bucket[];
    estimate: TokenEstimate;
    random: Random;
    used: Used;
    streams?: boolean;
  }) {
    this.#limits = parts.limits;
    this.#estimate = parts.estimate;
    this.#random = parts.random;
    this.#used = parts.used;
    this.#streams = parts.streams ?? true;
  }

  /** One step of virtual time in which `expected` requests arrive on average. */
  step(now: number, expected: number): void {
    for (let due = expected; due > 0; due--) if (this.#random() < due) this.#arrive(now);
    const over = this.#inFlight.filter(({ endsAt }) => endsAt <= now);
    this.#inFlight = this.#inFlight.filter(({ endsAt }) => endsAt > now);
    for (const request of this.#streams ? this.#inFlight : []) {
      request.reservation.outgrew(Math.floor((now - request.startedAt) / frameEveryMs), now);
    }
    for (const request of over) this.#finish(request, now);
  }

  #arrive(now: number): void {
    const bytes = Math.ceil(100 + 8_000 * this.#random() ** 3);
    const input = Math.ceil((bytes / 4) * (0.7 + 0.6 * this.#random()));
    const output = Math.ceil(10 * Math.exp(4 * this.#random() ** 1.5));
    const reservation = new Reservation();
    const reserved = this.#estimate.output(8_192, 8_192, 1);
    if (reservation.reserve(this.#limits, [], this.#estimate.input(bytes), reserved, now) !== undefined) {
      this.refused++;
      return;
    }
    const told = this.#random() < 0.1 ? Math.floor(output * this.#random()) : output;
    this.#inFlight.push({
      reservation,
      bytes,
      input,
      output: told,
      startedAt: now,
      endsAt: now + 50 + told * frameEveryMs,
    });
  }

  #finish({ reservation, bytes, input, output, startedAt }: InFlight, now: number): void {
    reservation.settle(input, output, now);
    this.#estimate.learn(bytes, input, output);
    const second = Math.floor(startedAt / 1_000);
    this.#used.set(second, (this.#used.get(second) ?? 0) + input + output);
  }
}

/** The most that any 60 seconds in a row hold. */
export function busiestMinute(used: Used, seconds: number): number {
  let most = 0;
  for (let from = 0; from + 60 <= seconds; from++) {
    let sum = 0;
    for (let second = from; second < from + 60; second++) sum += used.get(second) ?? 0;
    most = Math.max(most, sum);
  }
  return most;
}

export function totalUsed(used: Used, seconds: number): number {
  return [...used].reduce((sum, [second, tokens]) => (second < seconds ? sum + tokens : sum), 0);
}
