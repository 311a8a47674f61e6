import type { Instant, ManifestKind } from '@signalbox/domain';
import { and, asc, eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { type Outside, outside } from '../rows.ts';
import { appliedObjects } from '../schema/index.ts';

export type AppliedObject = Outside<typeof appliedObjects.$inferSelect>;

/** `project` is empty for kinds outside of projects. */
export interface AppliedObjectName {
  kind: ManifestKind;
  project: string;
  name: string;
}

/** What each source has applied: `--prune` compares with it. */
export function appliedObjectRepository({ sql: db }: Handle) {
  return {
    listBySource: async (source: string): Promise<readonly AppliedObject[]> => {
      const rows = await db
        .select()
        .from(appliedObjects)
        .where(eq(appliedObjects.source, source))
        .orderBy(asc(appliedObjects.kind), asc(appliedObjects.project), asc(appliedObjects.name));
      return rows.map(outside);
    },

    record: async (source: string, objects: readonly AppliedObjectName[], at: Instant): Promise<void> => {
      if (objects.length === 0) return;
      const appliedAt = new Date(at);
      await db
        .insert(appliedObjects)
        .values(objects.map(({ kind, project, name }) => ({ source, kind, project, name, appliedAt })))
        .onConflictDoUpdate({
          target: [appliedObjects.source, appliedObjects.kind, appliedObjects.project, appliedObjects.name],
          set: { appliedAt },
        });
    },

    /** From the inventories of all sources: the object itself is gone. */
    forget: async ({ kind, project, name }: AppliedObjectName): Promise<void> => {
      await db
        .delete(appliedObjects)
        .where(and(eq(appliedObjects.kind, kind), eq(appliedObjects.project, project), eq(appliedObjects.name, name)));
    },
  };
}
