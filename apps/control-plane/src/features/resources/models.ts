import { type Database, type Model, type ModelVersionRow, type Repositories, repositories } from '@signalbox/db';
import { type Handlers, pageOfAll } from '../../http/index.ts';
import { demandProject, notFound } from '../find-project.ts';
import { envelope } from './envelope.ts';
import { selectPage } from './select-page.ts';

/** Reading models and their versions. */
export function modelRoutes(
  database: Database,
): Pick<Handlers, 'listModels' | 'getModel' | 'listModelVersions' | 'getModelVersion' | 'listVersionsOfModel'> {
  const repos = repositories(database);
  return {
    listModels: async ({ query }) => {
      const project = await demandProject(repos, query.project);
      const { items, nextCursor } = await selectPage(query, (page) => repos.models.list(project.id, page));
      const views = await Promise.all(items.map((row) => modelView(repos, row, project.name)));
      return { body: { items: views, nextCursor } };
    },
    getModel: async ({ params, query }) => {
      const project = await demandProject(repos, query.project);
      const row = await repos.models.getByName(project.id, params.name);
      if (row === undefined) throw notFound('Model', params.name, project.name);
      return { body: await modelView(repos, row, project.name), version: row.version };
    },
    listModelVersions: async ({ query }) => {
      const project = await demandProject(repos, query.project);
      const { items, nextCursor } = await selectPage(query, (page) => repos.modelVersions.list(project.id, page));
      return { body: { items: items.map((row) => modelVersionView(row, project.name)), nextCursor } };
    },
    getModelVersion: async ({ params, query }) => {
      const project = await demandProject(repos, query.project);
      const row = await repos.modelVersions.getByName(project.id, params.name);
      if (row === undefined) throw notFound('ModelVersion', params.name, project.name);
      return { body: modelVersionView(row, project.name), version: row.version };
    },
    listVersionsOfModel: async ({ params, query }) => {
      const project = await demandProject(repos, query.project);
      const model = await repos.models.getByName(project.id, params.name);
      if (model === undefined) throw notFound('Model', params.name, project.name);
      const versions = (await repos.modelVersions.listByModel(project.id, model.id)).toReversed();
      const { items, nextCursor } = pageOfAll(versions, query, ({ id }) => id);
      return { body: { items: items.map((row) => modelVersionView(row, project.name)), nextCursor } };
    },
  };
}

async function modelView({ modelVersions }: Pick<Repositories, 'modelVersions'>, row: Model, project: string) {
  const versions = await modelVersions.listByModel(row.projectId, row.id);
  return envelope('Model', row, project, { versions: versions.map(({ versionName }) => versionName) });
}

function modelVersionView(row: ModelVersionRow, project: string) {
  return envelope('ModelVersion', row, project, { digest: row.digest, source: { ...row.content.source } });
}
