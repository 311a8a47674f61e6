import type { Handle } from './database.ts';
import { DatabaseError, translated } from './errors.ts';

export type Insertion = 'inserted' | 'duplicate';
/** `inUse`: other rows refer to it; nothing was removed. */
export type Removal = 'removed' | 'missing' | 'inUse';

/** For inserts with `on conflict do nothing returning`. */
export function insertion(returned: readonly unknown[]): Insertion {
  return returned.length > 0 ? 'inserted' : 'duplicate';
}

/** Runs a delete that the rows referring to it may refuse. */
export function removal(handle: Handle, remove: () => Promise<readonly unknown[]>): Promise<Removal> {
  return unlessRefused(handle, { code: '23503', outcome: 'inUse' }, async () =>
    (await remove()).length > 0 ? 'removed' : 'missing',
  );
}

/** Runs an update that may meet a unique constraint. */
export function uniquely<Outcome>(handle: Handle, update: () => Promise<Outcome>): Promise<Outcome | 'duplicate'> {
  return unlessRefused(handle, { code: '23505', outcome: 'duplicate' }, update);
}

/** Within a transaction a savepoint keeps a refusal from spoiling what came before. */
async function unlessRefused<Outcome, const Refusal extends string>(
  handle: Handle,
  refusal: { code: string; outcome: Refusal },
  attempt: () => Promise<Outcome>,
): Promise<Outcome | Refusal> {
  const inTransaction = async (statement: string): Promise<void> => {
    if (handle.inTransaction) await handle.sql.execute(statement);
  };
  await inTransaction('savepoint attempt');
  try {
    const outcome = await attempt();
    await inTransaction('release savepoint attempt');
    return outcome;
  } catch (thrown) {
    const error = translated(thrown);
    if (!(error instanceof DatabaseError && error.code === refusal.code)) throw error;
    await inTransaction('rollback to savepoint attempt');
    return refusal.outcome;
  }
}

type Methods = Record<string, (...values: never[]) => Promise<unknown>>;

/** Lets only this package's errors out of a repository's methods. */
export function guarded<Repository extends Methods>(repository: Repository): Repository {
  return Object.fromEntries(
    Object.entries(repository).map(([name, method]) => [
      name,
      async (...values: never[]) => {
        try {
          return await method(...values);
        } catch (error) {
          throw translated(error);
        }
      },
    ]),
  ) as Repository;
}
