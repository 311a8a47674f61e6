import { createHash } from 'node:crypto';
import { canonicalJson } from '@signalbox/contracts';
import type { Model, ModelVersionRow, Project } from '@signalbox/db';
import type { ModelVersionContent, ModelVersionId, ModelVersionSpec, PinnedSource } from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import { StaleRow } from '../change.ts';
import { missing } from '../deployments/index.ts';
import { type Applied, type ApplyContext, changeOf, projectOf } from './apply-context.ts';
import { type DocumentOf, fieldsChanged, record } from './write-object.ts';

type VersionDocument = DocumentOf<'ModelVersion'>;

/** Registers a version once and for all. The same manifest again changes nothing, another one is refused. */
export async function applyModelVersion(context: ApplyContext, document: VersionDocument): Promise<Applied> {
  const { modelVersions } = context.change.repos;
  const project = await projectOf(context, document);
  if (project === undefined) return undefined;
  const existing = await modelVersions.getByName(project.id, document.manifest.metadata.name);
  if (existing !== undefined) return compare(context, document, existing);
  const model = await modelOf(context, document, project);
  const source = context.pinned.get(document);
  if (model === undefined || source === undefined) return undefined;
  if (await isTaken(context, document, project, model)) return undefined;
  return register(context, document, project, model, source);
}

function compare({ refusals }: ApplyContext, document: VersionDocument, existing: ModelVersionRow): Applied {
  const differences = fieldsChanged('ModelVersion', existing, document.manifest);
  const fields = differences.filter(({ path }) => path.startsWith('spec'));
  if (fields.length === 0) {
    const note =
      differences.length === 0 ? {} : { note: 'labels and annotations of a registered version stay as they are' };
    return changeOf(document, { change: 'unchanged', ...note });
  }
  const paths = fields.map(({ path }) => path);
  const problems = fields.map(({ path, from, to }) => ({
    path,
    message: `is registered as ${shown(from)}, not ${shown(to)}; a registered version never changes`,
  }));
  const facts = { name: existing.name, fields: paths.join(', ') };
  refusals.add(document, { code: 'model_version.immutable', facts, problems });
  return undefined;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

async function modelOf(
  { change, refusals }: ApplyContext,
  document: VersionDocument,
  project: Project,
): Promise<Model | undefined> {
  const { models } = change.repos;
  const { model: name } = document.manifest.spec;
  const model = await models.getByName(project.id, name);
  if (model === undefined && !refusals.covers('Model', project.name, name)) {
    const known = (await models.list(project.id, { limit: 500 })).map((row) => row.name);
    refusals.addProblems(document, [missing('Model', name, 'spec.model', known, ` in project ${project.name}`)]);
  }
  return model;
}

async function isTaken(
  { change, refusals }: ApplyContext,
  document: VersionDocument,
  project: Project,
  model: Model,
): Promise<boolean> {
  const { version } = document.manifest.spec;
  const owner = await change.repos.modelVersions.getByVersion(project.id, model.id, version);
  if (owner === undefined) return false;
  const message = `${version} of ${model.name} is registered already, as ModelVersion ${owner.name}`;
  refusals.addProblems(document, [{ path: 'spec.version', message }]);
  return true;
}

async function register(
  context: ApplyContext,
  document: VersionDocument,
  project: Project,
  model: Model,
  source: PinnedSource,
): Promise<Applied> {
  const { repos, at, caller } = context.change;
  const { metadata, spec } = document.manifest;
  const content = contentOf(spec, source);
  const digest = `sha256:${createHash('sha256').update(canonicalJson(content)).digest('hex')}`;
  const id = newId(at) as ModelVersionId;
  const { name, labels, annotations } = metadata;
  const written = { labels, annotations, author: caller.name, createdAt: at, updatedAt: at };
  const ids = { id, projectId: project.id, modelId: model.id };
  const row = { ...ids, ...written, name, versionName: spec.version, spec, content, digest };
  if ((await repos.modelVersions.insert(row)) === 'duplicate') throw new StaleRow();
  record(context, { kind: 'ModelVersion', name, id, project }, 'created', { digest, source });
  return changeOf(document, { change: 'created', note: digest });
}

export function contentOf(spec: ModelVersionSpec, source: PinnedSource): ModelVersionContent {
  const { source: _, ...rest } = spec;
  return { ...rest, source };
}
