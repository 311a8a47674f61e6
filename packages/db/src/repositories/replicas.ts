import type { DeploymentId, Instant, ReplicaId, ReplicaTraffic, RevisionId } from '@signalbox/domain';
import { and, asc, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { excluded, inside, type Outside, outside } from '../rows.ts';
import { replicas, revisions } from '../schema/index.ts';

export type Replica = Outside<typeof replicas.$inferSelect>;

/** What a cluster said. What traffic a replica may take, and whether it has proven itself, are decided apart. */
export type ReplicaObservation = Omit<Replica, 'provenAt' | 'proofError' | 'traffic' | 'trafficSince'>;

/** A proof belongs to one start at one address: a replica that came back has to give it again. */
const unlessRestarted = (column: 'proven_at' | 'proof_error') => sql`
  case when ${replicas.address} is distinct from excluded.address
         or ${replicas.startedAt} is distinct from excluded.started_at
         or ${replicas.restarts} <> excluded.restarts
       then null else ${sql.identifier('replicas')}.${sql.identifier(column)} end`;

/** For the workloads controller alone to write. */
export function replicaRepository({ sql: db }: Handle) {
  return {
    /** New ones start with no traffic; known ones keep theirs. */
    observeMany: async (observations: readonly ReplicaObservation[]): Promise<void> => {
      if (observations.length === 0) return;
      await db
        .insert(replicas)
        .values(
          observations.map((observation) => ({
            ...inside(replicas, observation),
            traffic: 'none' as const,
            trafficSince: new Date(observation.observedAt),
          })),
        )
        .onConflictDoUpdate({
          target: replicas.id,
          set: {
            ...excluded(replicas, [
              'name',
              'phase',
              'address',
              'node',
              'reason',
              'restarts',
              'startedAt',
              'observedAt',
            ]),
            provenAt: unlessRestarted('proven_at'),
            proofError: unlessRestarted('proof_error'),
          },
        });
    },

    listByRevision: async (revisionId: RevisionId): Promise<readonly Replica[]> =>
      (await db.select().from(replicas).where(eq(replicas.revisionId, revisionId)).orderBy(asc(replicas.id))).map(
        outside,
      ),

    listByDeployment: async (deploymentId: DeploymentId): Promise<readonly Replica[]> => {
      const rows = await db
        .select(getTableColumns(replicas))
        .from(replicas)
        .innerJoin(revisions, eq(revisions.id, replicas.revisionId))
        .where(eq(revisions.deploymentId, deploymentId))
        .orderBy(asc(replicas.id));
      return rows.map(outside);
    },

    list: async (): Promise<readonly Replica[]> =>
      (await db.select().from(replicas).orderBy(asc(replicas.id))).map(outside),

    /** False when its traffic is no longer `from`. Bump the snapshot in the same transaction. */
    setTraffic: async (id: ReplicaId, from: ReplicaTraffic, to: ReplicaTraffic, at: Instant): Promise<boolean> => {
      const moved = await db
        .update(replicas)
        .set({ traffic: to, trafficSince: new Date(at) })
        .where(and(eq(replicas.id, id), eq(replicas.traffic, from)))
        .returning({ id: replicas.id });
      return moved.length > 0;
    },

    /** The outcome of a generation. False when the replica was restarted since it was asked. */
    setProof: async (
      asked: Pick<Replica, 'id' | 'address' | 'startedAt' | 'restarts'>,
      proof: { provenAt: Instant } | { error: string },
    ): Promise<boolean> => {
      const startedAt = asked.startedAt === null ? null : new Date(asked.startedAt);
      const saved = await db
        .update(replicas)
        .set(
          'error' in proof
            ? { provenAt: null, proofError: proof.error }
            : { provenAt: new Date(proof.provenAt), proofError: null },
        )
        .where(
          and(
            eq(replicas.id, asked.id),
            eq(replicas.restarts, asked.restarts),
            sql`${replicas.address} is not distinct from ${asked.address}::text`,
            sql`${replicas.startedAt} is not distinct from ${startedAt}::timestamptz`,
          ),
        )
        .returning({ id: replicas.id });
      return saved.length > 0;
    },

    removeMany: async (ids: readonly ReplicaId[]): Promise<void> => {
      if (ids.length > 0) await db.delete(replicas).where(inArray(replicas.id, [...ids]));
    },
  };
}
