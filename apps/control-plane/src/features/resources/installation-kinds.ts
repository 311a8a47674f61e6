import { type Database, repositories } from '@signalbox/db';
import type { Handlers } from '../../http/index.ts';
import { notFound } from '../find-project.ts';
import { clusterView, poolView } from './cluster-views.ts';
import { envelope } from './envelope.ts';
import { fromAll, selectPage } from './select-page.ts';

/** Reading what belongs to no project. */
export function installationKindRoutes(
  database: Database,
): Pick<Handlers, 'listProjects' | 'getProject' | 'listClusters' | 'getCluster' | 'listPools' | 'getPool'> {
  const repos = repositories(database);
  return {
    listProjects: async ({ query }) => {
      const { items, nextCursor } = await selectPage(query, fromAll(await repos.projects.list()));
      return { body: { items: items.map((row) => envelope('Project', row, null, {})), nextCursor } };
    },
    getProject: async ({ params }) => {
      const row = await repos.projects.getByName(params.name);
      if (row === undefined) throw notFound('Project', params.name, null);
      return { body: envelope('Project', row, null, {}), version: row.version };
    },
    listClusters: async ({ query }) => {
      const statuses = new Map((await repos.clusterStatus.list()).map((status) => [status.clusterId, status]));
      const { items, nextCursor } = await selectPage(query, fromAll(await repos.clusters.list()));
      return { body: { items: items.map((row) => clusterView(row, statuses.get(row.id))), nextCursor } };
    },
    getCluster: async ({ params }) => {
      const row = await repos.clusters.getByName(params.name);
      if (row === undefined) throw notFound('Cluster', params.name, null);
      return { body: clusterView(row, await repos.clusterStatus.get(row.id)), version: row.version };
    },
    listPools: async ({ query }) => {
      const statuses = new Map((await repos.clusterStatus.list()).map((status) => [status.clusterId, status]));
      const { items, nextCursor } = await selectPage(query, fromAll(await repos.pools.list()));
      return { body: { items: items.map((row) => poolView(row, statuses.get(row.clusterId))), nextCursor } };
    },
    getPool: async ({ params }) => {
      const row = await repos.pools.getByName(params.name);
      if (row === undefined) throw notFound('Pool', params.name, null);
      return { body: poolView(row, await repos.clusterStatus.get(row.clusterId)), version: row.version };
    },
  };
}
