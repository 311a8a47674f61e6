import { manifestKey } from '@signalbox/contracts';
import type { Deployment, ModelVersionRow, Pool, Project, Repositories, Route } from '@signalbox/db';
import type { FoundObject } from './find-object.ts';

/** Who refers to an object. */
export interface User {
  /** For people. */
  name: string;
  /** Undefined for what is no manifest. */
  key?: string;
  /** On its way out already: the object may go once it is gone. */
  leaving: boolean;
}

const most = 1_000;

export async function usersOf(repos: Repositories, { kind, row, project }: FoundObject): Promise<readonly User[]> {
  const owner = project?.name ?? '';
  switch (kind) {
    case 'Project':
      if (row.name === 'default') return [{ name: 'everything that names no project', leaving: false }];
      return contentsOf(repos, row);
    case 'Cluster': {
      const pools = (await repos.pools.listByCluster(row.id)).map(poolUser);
      return [...pools, ...(await deploymentsWhere(repos, ({ spec }) => spec.placement.cluster === row.name))];
    }
    case 'Pool':
      return deploymentsWhere(repos, ({ spec }) => spec.placement.pools.includes(row.name));
    case 'Model': {
      const versions = await repos.modelVersions.listByModel(row.projectId, row.id);
      const deployments = await repos.deployments.listByModel(row.projectId, row.id);
      return [...deployments.map(deploymentUser(owner)), ...versions.map(versionUser(owner))];
    }
    case 'ModelVersion': {
      const deployments = await repos.deployments.listByModel(row.projectId, row.modelId);
      return deployments.filter(({ spec }) => spec.version === row.versionName).map(deploymentUser(owner));
    }
    case 'Deployment':
      return (await repos.routes.listByDeployment(row.projectId, row.id)).map(routeUser(owner));
    case 'Route':
      return [];
  }
}

async function contentsOf(repos: Repositories, { id, name }: Project): Promise<readonly User[]> {
  const page = { limit: most };
  const models = await repos.models.list(id, page);
  return [
    ...(await repos.routes.list(id, page)).map(routeUser(name)),
    ...(await repos.deployments.list(id, page)).map(deploymentUser(name)),
    ...(await repos.modelVersions.list(id, page)).map(versionUser(name)),
    ...models.map((model) => ({
      name: `Model ${model.name}`,
      key: manifestKey('Model', name, model.name),
      leaving: false,
    })),
    ...(await repos.consumerKeys.list(id)).map((key) => ({ name: `consumer key ${key.name}`, leaving: false })),
  ];
}

async function deploymentsWhere(repos: Repositories, uses: (deployment: Deployment) => boolean): Promise<User[]> {
  const found: User[] = [];
  for (const project of await repos.projects.list()) {
    for (let after: string | undefined; ; ) {
      const rows = await repos.deployments.list(project.id, { after, limit: most });
      found.push(...rows.filter(uses).map(deploymentUser(project.name)));
      if (rows.length < most) break;
      after = rows.at(-1)?.name;
    }
  }
  return found;
}

const deploymentUser =
  (project: string) =>
  ({ name, deletedAt }: Deployment): User => {
    const leaving = deletedAt !== null;
    const where = project === 'default' ? '' : ` of project ${project}`;
    const state = leaving ? ', which is being deleted' : '';
    return { name: `Deployment ${name}${where}${state}`, key: manifestKey('Deployment', project, name), leaving };
  };

const versionUser =
  (project: string) =>
  ({ name }: ModelVersionRow): User => {
    return { name: `ModelVersion ${name}`, key: manifestKey('ModelVersion', project, name), leaving: false };
  };

const routeUser =
  (project: string) =>
  ({ name }: Route): User => {
    return { name: `Route ${name}`, key: manifestKey('Route', project, name), leaving: false };
  };

function poolUser({ name }: Pool): User {
  return { name: `Pool ${name}`, key: manifestKey('Pool', null, name), leaving: false };
}
