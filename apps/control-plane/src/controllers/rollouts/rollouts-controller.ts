import { type Database, repositories } from '@signalbox/db';
import {
  assertNever,
  assess,
  type DeploymentId,
  nextAction,
  type RolloutAction,
  type RolloutWorld,
} from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { after, type Controller, done, type Outcome } from '../loop/index.ts';
import { type DeploymentWorld, loadWorld, type WorldSources } from '../world/index.ts';
import { beginStep } from './act/begin-step.ts';
import { type ActContext, CONTROLLER, holdTraffic } from './act/context.ts';
import { obey } from './act/obey.ts';
import { pause } from './act/pause.ts';
import { promote } from './act/promote.ts';
import { provision } from './act/provision.ts';
import { finishRollBack, rollBack } from './act/roll-back.ts';
import { shiftTraffic } from './act/shift-traffic.ts';
import { supersede } from './act/supersede.ts';
import { rolloutWorld } from './observe.ts';
import { recordChange, saveStatus } from './record.ts';
import { tidy } from './tidy.ts';
import { Stale } from './traffic.ts';

/** An action may open the way for the next one; this many in a row are taken before others get their turn. */
const MOST_ACTIONS = 8;

/** Moves a deployment's rollout along, and clears away what no rollout needs any more. */
export class RolloutsController implements Controller {
  readonly name = 'rollouts';
  readonly #sources: WorldSources;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(options: { sources: WorldSources; clock: Clock; log: Logger }) {
    this.#sources = options.sources;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  get #db(): Database {
    return this.#sources.db;
  }

  async reconcile(id: DeploymentId): Promise<Outcome> {
    for (let taken = 0; taken < MOST_ACTIONS; taken++) {
      const world = await loadWorld(this.#sources, id, this.#clock.now());
      if (world === undefined) return done;
      const outcome = await this.#step(world);
      if (outcome !== 'again') return outcome;
    }
    return after(0);
  }

  async #step(world: DeploymentWorld): Promise<Outcome | 'again'> {
    const now = this.#clock.now();
    const seen = rolloutWorld(world, now);
    if (seen === undefined) return tidy(this.#db, world, now);
    const action = nextAction(assess(seen, now), seen.onFailure);
    if (action.kind === 'none') return done;
    if (action.kind === 'wait') {
      await this.#noteWaiting(world, action);
      return after(action.ms);
    }
    try {
      await this.#act(world, seen, action);
      this.#log.info('action finished', { deployment: world.deployment.name, action: action.kind });
    } catch (error) {
      if (!(error instanceof Stale)) throw error;
      this.#log.debug('the world moved first', { deployment: world.deployment.name, action: action.kind });
    }
    return 'again';
  }

  /** On what was decided on: an action and its evidence never come from two different looks. */
  async #act(
    world: DeploymentWorld,
    seen: RolloutWorld,
    action: Exclude<RolloutAction, { kind: 'none' | 'wait' }>,
  ): Promise<void> {
    const { rollout } = world;
    const now = this.#clock.now();
    if (rollout === null) return;
    await this.#db.transaction(async (tx) => {
      const traffic = await holdTraffic(tx, world);
      await carryOut({ tx, from: repositories(tx), world, rollout, traffic, seen, now }, action);
    });
  }

  /** Watchers and `explain` read the message; it is written only when it says something new. */
  async #noteWaiting(world: DeploymentWorld, action: Extract<RolloutAction, { kind: 'wait' }>): Promise<void> {
    const { rollout } = world;
    if (rollout === null) return;
    const { detail } = rollout.status;
    if (detail.message === action.message && detail.verdict?.kind === action.verdict?.kind) return;
    const now = this.#clock.now();
    await this.#db
      .transaction(async (tx) => {
        // As every other writer of the status: people who act under this lock must not find it changed.
        await holdTraffic(tx, world);
        const verdict = action.verdict ?? detail.verdict;
        await saveStatus(repositories(tx), rollout, { detail: { message: action.message, verdict } }, now);
        await recordChange(tx, world.deployment, action.message, now);
      })
      .catch((error) => {
        if (!(error instanceof Stale)) throw error;
      });
  }
}

async function carryOut(context: ActContext, action: Exclude<RolloutAction, { kind: 'none' | 'wait' }>): Promise<void> {
  switch (action.kind) {
    case 'obey':
      return obey(context, action.command);
    case 'supersede':
      return supersede(context, { actor: CONTROLLER, because: 'the deployment was deleted', nextWorkload: null });
    case 'provision':
      return provision(context, action.share);
    case 'beginStep':
      return beginStep(context, action.next, action.verdict);
    case 'shiftTraffic':
      return shiftTraffic(context, action.weight, action.reached);
    case 'pause':
      return pause(context, action.because, action.verdict);
    case 'rollBack':
      return rollBack(context, { actor: CONTROLLER, because: action.because, verdict: action.verdict });
    case 'promote':
      return promote(context);
    case 'finishRollBack':
      return finishRollBack(context);
    default:
      return assertNever(action);
  }
}
