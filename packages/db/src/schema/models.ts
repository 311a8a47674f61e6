import type {
  ModelId,
  ModelSpec,
  ModelVersionContent,
  ModelVersionId,
  ModelVersionSpec,
  ProjectId,
} from '@signalbox/domain';
import { jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { id, written } from './columns.ts';
import { projects } from './installation.ts';

export const models = pgTable(
  'models',
  {
    id: id<ModelId>(),
    projectId: uuid('project_id')
      .$type<ProjectId>()
      .notNull()
      .references(() => projects.id),
    name: text('name').notNull(),
    spec: jsonb('spec').$type<ModelSpec>().notNull(),
    ...written(),
  },
  (table) => [unique('models_name').on(table.projectId, table.name)],
);

/** Rows are never updated: a version is what its digest says. (`version` of `written` stays 1; `versionName` is v4.) */
export const modelVersions = pgTable(
  'model_versions',
  {
    id: id<ModelVersionId>(),
    projectId: uuid('project_id')
      .$type<ProjectId>()
      .notNull()
      .references(() => projects.id),
    modelId: uuid('model_id')
      .$type<ModelId>()
      .notNull()
      .references(() => models.id),
    /** The manifest's name. */
    name: text('name').notNull(),
    versionName: text('version_name').notNull(),
    /** As written, before the source was pinned: what a second apply is compared with. */
    spec: jsonb('spec').$type<ModelVersionSpec>().notNull(),
    content: jsonb('content').$type<ModelVersionContent>().notNull(),
    /** `sha256:` over the content as canonical JSON. */
    digest: text('digest').notNull(),
    ...written(),
  },
  (table) => [
    unique('model_versions_name').on(table.projectId, table.name),
    unique('model_versions_version').on(table.modelId, table.versionName),
  ],
);
