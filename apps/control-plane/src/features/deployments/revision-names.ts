import type { DeploymentWorld, Revision } from '@signalbox/db';
import { type RevisionId, WHOLE } from '@signalbox/domain';

/** A revision as people name it. */
export interface RevisionName {
  revision: number;
  version: string;
}

export function revisionName({ number, spec }: Revision): RevisionName {
  return { revision: number, version: spec.version };
}

/** Finds a revision's name by id. */
export function namesOf(revisions: readonly Revision[]): (id: RevisionId | null | undefined) => RevisionName | null {
  const byId = new Map(revisions.map((revision) => [revision.id, revision]));
  return (id) => {
    const revision = id === null || id === undefined ? undefined : byId.get(id);
    return revision === undefined ? null : revisionName(revision);
  };
}

/**
 * Traffic is split over workloads, and several revisions may share one. Each part is shown as the newest revision that
 * is stable, wanted or rolled out on that workload: the number that people know.
 */
export function splitOf(world: DeploymentWorld): (RevisionName & { percent: number })[] {
  const { traffic, rollout, deployment, revisions } = world;
  const known = [
    traffic?.stableRevisionId,
    rollout?.rollout.toRevisionId,
    deployment.specRevisionId,
    traffic?.formerRevisionId,
  ];
  const meant = known.flatMap((id) => revisions.find((revision) => revision.id === id) ?? []);
  return (traffic?.split ?? []).flatMap(({ revisionId, weight }) => {
    const shown =
      meant.find((revision) => revision.workloadRevisionId === revisionId) ??
      revisions.find((revision) => revision.id === revisionId);
    return shown === undefined ? [] : [{ ...revisionName(shown), percent: (weight * 100) / WHOLE }];
  });
}
