import type { ModelId } from '@signalbox/domain';
import { type Applied, type ApplyContext, projectOf } from './apply-context.ts';
import { type DocumentOf, writeObject } from './write-object.ts';

export async function applyModel(context: ApplyContext, document: DocumentOf<'Model'>): Promise<Applied> {
  const { models } = context.change.repos;
  const project = await projectOf(context, document);
  if (project === undefined) return undefined;
  return writeObject(context, document, {
    project,
    existing: await models.getByName(project.id, document.manifest.metadata.name),
    insert: (id, row) => models.insert({ ...row, id: id as ModelId, projectId: project.id }),
    update: (id, change) => models.update(project.id, id as ModelId, change),
  });
}
