import type { Repositories } from '@signalbox/db';
import type { Instant, ProjectId } from '@signalbox/domain';

/** What was decided about what, by whom and why: a ledger entry, and a change that event streams tell of. */
export interface Decision {
  at: Instant;
  /** Null for what belongs to the installation. */
  project: { id: ProjectId; name: string } | null;
  actor: string;
  /** `deployment.applied`, `key.revoked` … */
  kind: string;
  subject: { kind: string; id: string; name: string };
  change: 'created' | 'updated' | 'deleted' | 'status';
  reason?: string | undefined;
  evidence?: Readonly<Record<string, unknown>>;
  message?: string;
}

/** Others who record wait until the transaction ends: call this as its last step. */
export async function recordDecisions(
  { ledger, changes }: Pick<Repositories, 'ledger' | 'changes'>,
  decisions: readonly Decision[],
): Promise<void> {
  for (const decision of decisions) {
    const { at, project, actor, kind, subject, reason, evidence } = decision;
    await ledger.append({
      projectId: project?.id ?? null,
      project: project?.name ?? null,
      at,
      actor,
      kind,
      subjectKind: subject.kind,
      subjectName: subject.name,
      subjectId: subject.id,
      reason: reason ?? null,
      evidence: evidence ?? {},
    });
  }
  for (const { at, project, subject, change, message } of decisions) {
    await changes.append({
      projectId: project?.id ?? null,
      kind: subject.kind,
      objectId: subject.id,
      name: subject.name,
      change,
      message: message ?? null,
      at,
    });
  }
}
