import type { DeploymentId } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import type { Controller } from './controller.ts';
import { done, type Outcome, retryAfterMs, soonest, TerminalError } from './outcome.ts';
import { Timers } from './timers.ts';

/** Where outcomes are kept, so that retries and terminal failures can be seen. */
export interface OutcomeRecord {
  save(entry: {
    controller: string;
    objectId: string;
    outcome: 'done' | 'waiting' | 'retrying' | 'terminal';
    failures: number;
    lastError: string | null;
    at: number;
    nextAt: number | null;
  }): Promise<void>;
}

/** Runs a deployment's controllers in order, one pass at a time, and comes back when they ask for it. */
export class DeploymentLoop {
  readonly #controllers: readonly Controller[];
  readonly #outcomes: OutcomeRecord;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #timers: Timers;
  readonly #failures = new Map<string, number>();
  /** Last outcome stored per controller and object: a pass that repeats it writes nothing. */
  readonly #stored = new Map<string, string>();

  constructor(options: {
    controllers: readonly Controller[];
    outcomes: OutcomeRecord;
    clock: Clock;
    log: Logger;
    wake: (id: DeploymentId) => void;
  }) {
    this.#controllers = options.controllers;
    this.#outcomes = options.outcomes;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#timers = new Timers(
      () => options.clock.now(),
      (key) => options.wake(key as DeploymentId),
    );
  }

  async pass(id: DeploymentId): Promise<void> {
    let outcome: Outcome = done;
    for (const controller of this.#controllers) outcome = soonest(outcome, await this.#run(controller, id));
    if (outcome.kind === 'after') this.#timers.set(id, outcome.ms);
  }

  /** No pass is started by a timer any more. */
  stop(): void {
    this.#timers.stop();
  }

  async #run(controller: Controller, id: DeploymentId): Promise<Outcome> {
    const key = `${controller.name}:${id}`;
    const startedAt = this.#clock.now();
    try {
      const outcome = await controller.reconcile(id);
      this.#failures.delete(key);
      await this.#record(controller, id, outcome.kind === 'done' ? 'done' : 'waiting', 0, null, null);
      this.#log.debug('pass finished', {
        controller: controller.name,
        id,
        outcome: outcome.kind,
        durationMs: this.#clock.now() - startedAt,
      });
      return outcome;
    } catch (error) {
      return this.#failed(controller, id, error);
    }
  }

  async #failed(controller: Controller, id: DeploymentId, error: unknown): Promise<Outcome> {
    const key = `${controller.name}:${id}`;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const terminal = error instanceof TerminalError;
    const retryMs = retryAfterMs(failures);
    this.#log.warn('pass failed', { controller: controller.name, id, failures, terminal, error });
    const message = error instanceof Error ? error.message : String(error);
    const nextAt = terminal ? null : this.#clock.now() + retryMs;
    await this.#record(controller, id, terminal ? 'terminal' : 'retrying', failures, message, nextAt);
    return terminal ? done : { kind: 'after', ms: retryMs };
  }

  async #record(
    controller: Controller,
    objectId: string,
    outcome: 'done' | 'waiting' | 'retrying' | 'terminal',
    failures: number,
    lastError: string | null,
    nextAt: number | null,
  ): Promise<void> {
    const key = `${controller.name}:${objectId}`;
    const value = `${outcome} ${failures} ${lastError ?? ''}`;
    if (this.#stored.get(key) === value) return;
    try {
      const at = this.#clock.now();
      await this.#outcomes.save({ controller: controller.name, objectId, outcome, failures, lastError, at, nextAt });
      this.#stored.set(key, value);
    } catch (error) {
      this.#log.debug('an outcome could not be stored', { controller: controller.name, id: objectId, error });
    }
  }
}
