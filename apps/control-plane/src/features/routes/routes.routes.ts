import { type Database, type DeploymentWorld, deploymentWorlds, type Route, repositories } from '@signalbox/db';
import type { Handlers } from '../../http/index.ts';
import { splitOf } from '../deployments/index.ts';
import { demandProject, notFound } from '../find-project.ts';
import { envelope, selectPage } from '../resources/index.ts';

/** Reading routes, with where their traffic goes. */
export function routeRoutes(database: Database): Pick<Handlers, 'listRoutes' | 'getRoute'> {
  const repos = repositories(database);
  const worldsOf = (rows: readonly Route[]) =>
    deploymentWorlds(database, [...new Set(rows.map(({ deploymentId }) => deploymentId))]);
  return {
    listRoutes: async ({ query }) => {
      const project = await demandProject(repos, query.project);
      const { items, nextCursor } = await selectPage(query, (page) => repos.routes.list(project.id, page));
      const worlds = await worldsOf(items);
      return { body: { items: items.map((row) => view(row, project.name, worlds.get(row.deploymentId))), nextCursor } };
    },
    getRoute: async ({ params, query }) => {
      const project = await demandProject(repos, query.project);
      const row = await repos.routes.getByName(project.id, params.name);
      if (row === undefined) throw notFound('Route', params.name, project.name);
      const worlds = await worldsOf([row]);
      return { body: view(row, project.name, worlds.get(row.deploymentId)), version: row.version };
    },
  };
}

function view(row: Route, project: string, world: DeploymentWorld | undefined) {
  const serving = (world?.replicas ?? []).filter(({ traffic }) => traffic === 'serving').length;
  return envelope('Route', row, project, { split: world === undefined ? [] : splitOf(world), serving });
}
