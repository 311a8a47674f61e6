import type { Instant } from '@signalbox/domain';
import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { firstOutside, type Outside } from '../rows.ts';
import { leases } from '../schema/index.ts';

export type Lease = Outside<typeof leases.$inferSelect>;

export interface LeaseTerm {
  name: string;
  holder: string;
  now: Instant;
  ttlMs: number;
}

export function leaseRepository({ sql: db }: Handle) {
  const heldBy = ({ name, holder }: { name: string; holder: string }) =>
    and(eq(leases.name, name), eq(leases.holder, holder));
  return {
    /** True when the lease is now ours: it was free, had run out, or was ours before. */
    acquire: async ({ name, holder, now, ttlMs }: LeaseTerm): Promise<boolean> => {
      const expiresAt = new Date(now + ttlMs);
      const taken = await db
        .insert(leases)
        .values({ name, holder, expiresAt })
        .onConflictDoUpdate({
          target: leases.name,
          set: { holder, expiresAt },
          setWhere: sql`${eq(leases.holder, holder)} or ${lte(leases.expiresAt, new Date(now))}`,
        })
        .returning({ name: leases.name });
      return taken.length > 0;
    },

    /** False when it is no longer ours, also when it ran out and nobody took it: work may have been missed. */
    renew: async (term: LeaseTerm): Promise<boolean> => {
      const renewed = await db
        .update(leases)
        .set({ expiresAt: new Date(term.now + term.ttlMs) })
        .where(and(heldBy(term), gt(leases.expiresAt, new Date(term.now))))
        .returning({ name: leases.name });
      return renewed.length > 0;
    },

    release: async (name: string, holder: string): Promise<void> => {
      await db.delete(leases).where(heldBy({ name, holder }));
    },

    get: async (name: string): Promise<Lease | undefined> =>
      firstOutside(await db.select().from(leases).where(eq(leases.name, name))),
  };
}
