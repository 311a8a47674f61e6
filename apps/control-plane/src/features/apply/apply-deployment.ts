import type { Deployment, Project } from '@signalbox/db';
import type { ErrorCode, Problem } from '@signalbox/domain';
import { StaleRow } from '../change.ts';
import { acceptDeployment } from '../deployments/index.ts';
import { type Applied, type ApplyContext, changeOf, projectOf } from './apply-context.ts';
import { type DocumentOf, fieldsChanged, record } from './write-object.ts';

type DeploymentDocument = DocumentOf<'Deployment'>;

/** A changed spec makes a revision; changed labels only do not. */
export async function applyDeployment(context: ApplyContext, document: DeploymentDocument): Promise<Applied> {
  const { repos } = context.change;
  const { name } = document.manifest.metadata;
  const project = await projectOf(context, document);
  if (project === undefined || missesRefused(context, document)) {
    context.refusals.skip(document);
    return undefined;
  }
  const existing = await repos.deployments.getByName(project.id, name);
  if (existing === undefined) return accept(context, document, project, undefined);
  if (existing.deletedAt !== null) {
    const message = `${name} is still being deleted; apply again when it is gone (signalbox get deployments)`;
    context.refusals.addProblems(document, [{ path: 'metadata.name', message }]);
    return undefined;
  }
  const fields = fieldsChanged('Deployment', existing, document.manifest);
  if (fields.length === 0) return changeOf(document, { change: 'unchanged' });
  if (fields.some(({ path }) => path.startsWith('spec'))) return accept(context, document, project, existing, fields);
  return relabel(context, document, project, existing, fields);
}

/** True when the model or version is in the same set and was refused: that is told there. */
function missesRefused({ refusals }: ApplyContext, { manifest }: DeploymentDocument): boolean {
  return refusals.covers('Model', manifest.metadata.project, manifest.spec.model) || refusals.missesVersion(manifest);
}

async function accept(
  context: ApplyContext,
  document: DeploymentDocument,
  project: Project,
  existing: Deployment | undefined,
  fields: ReturnType<typeof fieldsChanged> = [],
): Promise<Applied> {
  const { metadata, spec } = document.manifest;
  const { name, labels, annotations } = metadata;
  const wanted = { project, name, spec, labels, annotations, cause: 'apply' };
  const accepted = await acceptDeployment(context.change, context.rollouts, existing, wanted);
  if (accepted.kind === 'refused') {
    const { problems } = accepted;
    context.refusals.add(document, { ...codeFor(problems), problems });
    return undefined;
  }
  const change = existing === undefined ? 'created' : 'updated';
  const { number: revision, hash } = accepted.revision;
  record(context, { kind: 'Deployment', name, id: accepted.id, project }, change, { revision, hash, fields });
  return changeOf(document, { change, revision, ...(fields.length === 0 ? {} : { fields }) });
}

async function relabel(
  context: ApplyContext,
  document: DeploymentDocument,
  project: Project,
  existing: Deployment,
  fields: ReturnType<typeof fieldsChanged>,
): Promise<Applied> {
  const { repos, at, caller } = context.change;
  const { name, labels, annotations } = document.manifest.metadata;
  const { spec, modelId, specRevisionId, version: expectedVersion } = existing;
  if (specRevisionId === null) throw new StaleRow();
  const change = { spec, labels, annotations, modelId, specRevisionId, author: caller.name, at, expectedVersion };
  if (!(await repos.deployments.update(project.id, existing.id, change))) throw new StaleRow();
  record(context, { kind: 'Deployment', name, id: existing.id, project }, 'updated', { fields });
  return changeOf(document, { change: 'updated', fields });
}

/** Engines tell problems by path; two kinds have codes of their own. */
function codeFor(problems: readonly Problem[]): { code: ErrorCode; facts: Readonly<Record<string, unknown>> } {
  const all = (prefix: string) => problems.every(({ path }) => path?.startsWith(prefix));
  const detail = problems.map(({ message }) => message).join(' ');
  if (all('spec.quantization')) return { code: 'quantization.unsupported', facts: { detail } };
  if (all('spec.engine.args')) return { code: 'engine.argument_refused', facts: { detail } };
  return { code: 'manifest.invalid', facts: {} };
}
