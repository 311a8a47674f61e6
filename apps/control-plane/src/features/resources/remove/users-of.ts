import type { Deployment, Project, Repositories } from '@signalbox/db';
import type { FoundObject } from './find-object.ts';

const most = 1_000;

/** Who refers to an object, in words; empty when it may go. */
export async function usersOf(repos: Repositories, { kind, row, project }: FoundObject): Promise<readonly string[]> {
  switch (kind) {
    case 'Project':
      return row.name === 'default' ? ['everything that names no project'] : contentsOf(repos, row);
    case 'Cluster': {
      const pools = await repos.pools.listByCluster(row.id);
      const placed = await deploymentsWhere(repos, ({ spec }) => spec.placement.cluster === row.name);
      return [...pools.map(({ name }) => `Pool ${name}`), ...placed];
    }
    case 'Pool':
      return deploymentsWhere(repos, ({ spec }) => spec.placement.pools.includes(row.name));
    case 'Model': {
      const versions = await repos.modelVersions.listByModel(row.projectId, row.id);
      const deployments = await repos.deployments.listByModel(row.projectId, row.id);
      return [...deployments.map(named), ...versions.map(({ name }) => `ModelVersion ${name}`)];
    }
    case 'ModelVersion': {
      const deployments = await repos.deployments.listByModel(row.projectId, row.modelId);
      return deployments.filter(({ spec }) => spec.version === row.versionName).map(named);
    }
    case 'Deployment': {
      const routes = await repos.routes.listByDeployment(row.projectId, row.id);
      return routes.map(({ name }) => `Route ${name}`);
    }
    case 'Route':
      return [];
    default:
      throw new Error(`no such kind in project ${project}`);
  }
}

async function contentsOf(repos: Repositories, { id }: Project): Promise<readonly string[]> {
  const page = { limit: most };
  return [
    ...(await repos.routes.list(id, page)).map(({ name }) => `Route ${name}`),
    ...(await repos.deployments.list(id, page)).map(named),
    ...(await repos.modelVersions.list(id, page)).map(({ name }) => `ModelVersion ${name}`),
    ...(await repos.models.list(id, page)).map(({ name }) => `Model ${name}`),
    ...(await repos.consumerKeys.list(id)).map(({ name }) => `consumer key ${name}`),
  ];
}

async function deploymentsWhere(repos: Repositories, uses: (deployment: Deployment) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const project of await repos.projects.list()) {
    for (let after: string | undefined; ; ) {
      const rows = await repos.deployments.list(project.id, { after, limit: most });
      found.push(...rows.filter(uses).map((row) => `${named(row)} in project ${project.name}`));
      if (rows.length < most) break;
      after = rows.at(-1)?.name;
    }
  }
  return found;
}

function named({ name, deletedAt }: Deployment): string {
  return `Deployment ${name}${deletedAt === null ? '' : ' (being deleted)'}`;
}
