import type { ApiResponse } from '@signalbox/contracts';
import type { Project } from '@signalbox/db';
import type { PinnedSource } from '@signalbox/domain';
import type { Change } from '../change.ts';
import type { RolloutStarter } from '../deployments/index.ts';
import type { Document } from './document.ts';
import type { Refusals } from './refusals.ts';

export type AppliedChange = ApiResponse<'apply'>['changes'][number];

/** What applying one set of manifests shares between its documents. */
export interface ApplyContext {
  change: Change;
  rollouts: RolloutStarter;
  refusals: Refusals;
  /** Sources of versions that are new; pinned before the transaction, since that may take long. */
  pinned: ReadonlyMap<Document, PinnedSource>;
}

/** Undefined: refused; why is in the context. */
export type Applied = AppliedChange | undefined;

export function changeOf(
  { manifest }: Document,
  rest: Omit<AppliedChange, 'kind' | 'project' | 'name'>,
): AppliedChange {
  const { kind, metadata } = manifest;
  return { kind, project: metadata.project, name: metadata.name, ...rest };
}

/** The project of a document; refused when there is none. */
export async function projectOf({ change, refusals }: ApplyContext, document: Document): Promise<Project | undefined> {
  const { project: name } = document.manifest.metadata;
  const project = await change.repos.projects.getByName(name ?? 'default');
  if (project === undefined && !refusals.covers('Project', null, name ?? 'default')) {
    const message = `there is no Project ${name}; apply a manifest of kind Project first`;
    refusals.addProblems(document, [{ path: 'metadata.project', message }]);
  }
  return project;
}
