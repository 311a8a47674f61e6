import { sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { snapshotState } from '../schema/index.ts';

/** Payload: the number. */
export const snapshotChannel = 'signalbox_snapshot';

export interface SnapshotNumber {
  epoch: number;
  number: number;
}

export function snapshotStateRepository({ sql: db }: Handle) {
  return {
    current: async (): Promise<SnapshotNumber> => {
      const [state] = await db.select({ epoch: snapshotState.epoch, number: snapshotState.number }).from(snapshotState);
      if (state === undefined) throw new Error('the row of snapshot_state is missing; was the database migrated?');
      return state;
    },

    /**
     * In the transaction that changes what gateways need. Holds the one row until that commits, so that numbers
     * become visible in order; listeners hear of it then.
     */
    bump: async (): Promise<SnapshotNumber> => {
      const { rows } = await db.execute<{ epoch: number; number: string }>(sql`
        with bumped as (update snapshot_state set number = number + 1 returning epoch, number)
        select epoch, number, pg_notify(${snapshotChannel}, number::text) from bumped`);
      return { epoch: Number(rows[0]?.epoch), number: Number(rows[0]?.number) };
    },

    /** After the database was restored from a backup: gateways refuse what is older than the epoch they have. */
    raiseEpoch: async (): Promise<SnapshotNumber> => {
      const { rows } = await db.execute<{ epoch: number; number: string }>(sql`
        with raised as (update snapshot_state set epoch = epoch + 1, number = number + 1 returning epoch, number)
        select epoch, number, pg_notify(${snapshotChannel}, number::text) from raised`);
      return { epoch: Number(rows[0]?.epoch), number: Number(rows[0]?.number) };
    },
  };
}
