import type { Project, Repositories } from '@signalbox/db';
import { INSTALLATION_KINDS, type ManifestKind, type ManifestOf } from '@signalbox/domain';
import { demandProject } from '../../find-project.ts';

export interface ObjectName {
  kind: ManifestKind;
  /** Null for kinds of the installation. */
  project: string | null;
  name: string;
}

type RowOf = {
  Project: Awaited<ReturnType<Repositories['projects']['getByName']>>;
  Cluster: Awaited<ReturnType<Repositories['clusters']['getByName']>>;
  Pool: Awaited<ReturnType<Repositories['pools']['getByName']>>;
  Model: Awaited<ReturnType<Repositories['models']['getByName']>>;
  ModelVersion: Awaited<ReturnType<Repositories['modelVersions']['getByName']>>;
  Deployment: Awaited<ReturnType<Repositories['deployments']['getByName']>>;
  Route: Awaited<ReturnType<Repositories['routes']['getByName']>>;
};

/** A stored object with the kind that says what its row is. */
export type FoundObject = {
  [K in ManifestOf<ManifestKind>['kind']]: { kind: K; row: NonNullable<RowOf[K]>; project: Project | null };
}[ManifestKind];

export function isInstallationKind(kind: ManifestKind): boolean {
  return (INSTALLATION_KINDS as readonly ManifestKind[]).includes(kind);
}

export async function findObject(
  repos: Repositories,
  { kind, project, name }: ObjectName,
): Promise<FoundObject | undefined> {
  const owner = isInstallationKind(kind) ? null : await demandProject(repos, project ?? 'default');
  const row = owner === null ? await installationRow(repos, kind, name) : await projectRow(repos, kind, owner, name);
  return row === undefined ? undefined : ({ kind, row, project: owner } as FoundObject);
}

function installationRow({ projects, clusters, pools }: Repositories, kind: ManifestKind, name: string) {
  if (kind === 'Project') return projects.getByName(name);
  return kind === 'Cluster' ? clusters.getByName(name) : pools.getByName(name);
}

async function projectRow(repos: Repositories, kind: ManifestKind, { id }: Project, name: string) {
  if (kind === 'Model') return repos.models.getByName(id, name);
  if (kind === 'ModelVersion') return repos.modelVersions.getByName(id, name);
  if (kind === 'Route') return repos.routes.getByName(id, name);
  const deployment = await repos.deployments.getByName(id, name);
  return deployment?.deletedAt === null ? deployment : undefined;
}
