import type { DeploymentId } from '@signalbox/domain';
import { desc, eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../database.ts';
import { type Change, changeRepository } from '../repositories/changes.ts';
import type { LedgerEntry } from '../repositories/ledger-hash.ts';
import { type ReconcileRecord, reconcileRepository } from '../repositories/reconciles.ts';
import { type RolloutWithStatus, rolloutRepository } from '../repositories/rollouts.ts';
import { outside } from '../rows.ts';
import { ledger } from '../schema/index.ts';
import { consistentRead } from './consistent-read.ts';
import { type DeploymentWorld, worldsIn } from './deployment-world.ts';

/** What `explain` tells its story from, as of one moment. Newest first, except for the reconciles. */
export interface ExplainInputs {
  world: DeploymentWorld;
  rollouts: readonly RolloutWithStatus[];
  reconciles: readonly ReconcileRecord[];
  changes: readonly Change[];
  ledger: readonly LedgerEntry[];
}

const recent = 20;

export function explainInputs(database: Database, id: DeploymentId): Promise<ExplainInputs | undefined> {
  return consistentRead(database, async (tx) => {
    const world = (await worldsIn(tx, [id])).get(id);
    if (world === undefined) return undefined;
    const rollouts = await rolloutRepository(tx).history(world.deployment.projectId, id, { limit: 5 });
    const objectIds = [
      id,
      ...world.revisions.map((revision) => revision.id),
      ...rollouts.map(({ rollout }) => rollout.id),
    ];
    return {
      world,
      rollouts,
      reconciles: await reconcileRepository(tx).listByObjects(objectIds),
      changes: await changeRepository(tx).recentOf(objectIds, recent),
      ledger: await ledgerOf(tx, world, objectIds),
    };
  });
}

async function ledgerOf(
  { sql: db }: Transaction,
  { deployment }: DeploymentWorld,
  objectIds: readonly string[],
): Promise<readonly LedgerEntry[]> {
  const rows = await db
    .select()
    .from(ledger)
    .where(
      sql`${eq(ledger.projectId, deployment.projectId)} and ${ledger.subjectId} = any(${sql.param([...objectIds])}::text[])`,
    )
    .orderBy(desc(ledger.seq))
    .limit(recent);
  return rows.map(outside);
}
