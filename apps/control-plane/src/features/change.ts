import { type Database, type Repositories, repositories, type Transaction } from '@signalbox/db';
import { AppError, type DeploymentId, type Instant } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import type { Caller } from '../http/index.ts';
import { type Decision, recordDecisions } from './record-decision.ts';

/** Tells controllers that there is something to do. A hint: when it is lost, the resync finds the work. */
export type Wake = (id: DeploymentId) => Promise<void>;

export interface ChangeDeps {
  database: Database;
  clock: Clock;
  log: Logger;
  wake: Wake;
}

/** One transaction in which someone changes what they may write. What it gathers is recorded at its end. */
export interface Change {
  tx: Transaction;
  repos: Repositories;
  at: Instant;
  caller: Pick<Caller, 'name' | 'role'>;
  decisions: Decision[];
  /** Deployments whose controllers should look. */
  wakes: Set<DeploymentId>;
  /** Something that gateways need was changed. */
  touchesSnapshot: boolean;
}

/** Someone else changed the row since it was read: the whole change is made again on what is there now. */
export class StaleRow extends Error {
  override readonly name = 'StaleRow';
}

const mostAttempts = 5;

/** Runs `work` in a transaction, records what was decided, commits, and wakes controllers. */
export async function makeChange<T>(
  deps: ChangeDeps,
  caller: Change['caller'],
  work: (change: Change) => Promise<T>,
  options: { dryRun?: boolean } = {},
): Promise<T> {
  const { result, wakes } = await attempt(deps, caller, work, options.dryRun ?? false, mostAttempts);
  for (const id of wakes) {
    await deps.wake(id).catch((error: unknown) => {
      deps.log.warn('controllers could not be woken; the resync will find the change', { deploymentId: id, error });
    });
  }
  return result;
}

interface Outcome<T> {
  result: T;
  wakes: ReadonlySet<DeploymentId>;
}

async function attempt<T>(
  deps: ChangeDeps,
  caller: Change['caller'],
  work: (change: Change) => Promise<T>,
  dryRun: boolean,
  attemptsLeft: number,
): Promise<Outcome<T>> {
  try {
    return await deps.database.transaction(async (tx) => {
      const outcome = await inTransaction(deps, caller, work, tx);
      if (dryRun) throw new DryRunDone(outcome);
      return outcome;
    });
  } catch (error) {
    if (error instanceof DryRunDone) return { result: (error.outcome as Outcome<T>).result, wakes: new Set() };
    if (!isStale(error)) throw error;
    if (attemptsLeft > 1) return attempt(deps, caller, work, dryRun, attemptsLeft - 1);
    const detail = 'Others keep changing the same objects. Nothing was changed; try again.';
    throw new AppError('service.unavailable', { detail }, { cause: error });
  }
}

async function inTransaction<T>(
  { clock }: ChangeDeps,
  caller: Change['caller'],
  work: (change: Change) => Promise<T>,
  tx: Transaction,
): Promise<Outcome<T>> {
  const repos = repositories(tx);
  const change: Change = {
    tx,
    repos,
    at: clock.now(),
    caller,
    decisions: [],
    wakes: new Set(),
    touchesSnapshot: false,
  };
  const result = await work(change);
  // Last of all: from here on others who record, or move traffic, wait for this transaction.
  await recordDecisions(repos, change.decisions);
  if (change.touchesSnapshot) await repos.snapshotState.bump();
  return { result, wakes: change.wakes };
}

/** Also what the controllers' side throws when it lost against another writer. */
function isStale(error: unknown): boolean {
  return error instanceof StaleRow || (error instanceof Error && error.name === 'Stale');
}

/** Carries a plan out of the transaction that made it, and undoes the transaction on the way. */
class DryRunDone extends Error {
  readonly outcome: Outcome<unknown>;

  constructor(outcome: Outcome<unknown>) {
    super('a dry run is undone');
    this.outcome = outcome;
  }
}
