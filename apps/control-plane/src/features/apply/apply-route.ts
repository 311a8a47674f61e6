import type { Deployment, Project } from '@signalbox/db';
import type { RouteId } from '@signalbox/domain';
import { missing } from '../deployments/index.ts';
import { type Applied, type ApplyContext, projectOf } from './apply-context.ts';
import { type DocumentOf, writeObject } from './write-object.ts';

type RouteDocument = DocumentOf<'Route'>;

export async function applyRoute(context: ApplyContext, document: RouteDocument): Promise<Applied> {
  const { routes } = context.change.repos;
  const { metadata, spec } = document.manifest;
  const project = await projectOf(context, document);
  if (project === undefined) return undefined;
  const deployment = await deploymentOf(context, document, project);
  const existing = await routes.getByName(project.id, metadata.name);
  const owner = await routes.ownerOfModel(spec.model);
  if (owner !== undefined && owner.id !== existing?.id) return refuseName(context, document);
  if (deployment === undefined || !(await shadowExists(context, document, project, deployment))) return undefined;
  const references = { model: spec.model, deploymentId: deployment.id };
  const applied = await writeObject(context, document, {
    project,
    existing,
    insert: (id, row) => routes.insert({ ...row, ...references, id: id as RouteId, projectId: project.id }),
    update: async (id, change) =>
      (await routes.update(project.id, id as RouteId, { ...change, ...references })) === 'updated',
  });
  if (applied?.change !== 'unchanged') context.change.touchesSnapshot = true;
  return applied;
}

async function deploymentOf(
  { change, refusals }: ApplyContext,
  document: RouteDocument,
  project: Project,
): Promise<Deployment | undefined> {
  const { deployments } = change.repos;
  const { deployment: name } = document.manifest.spec;
  const deployment = await deployments.getByName(project.id, name);
  if (deployment !== undefined && deployment.deletedAt === null) return deployment;
  if (refusals.covers('Deployment', project.name, name)) return undefined;
  const known = (await deployments.list(project.id, { limit: 500 })).filter((row) => row.deletedAt === null);
  const where = ` in project ${project.name}`;
  const names = known.map((row) => row.name);
  refusals.addProblems(document, [missing('Deployment', name, 'spec.deployment', names, where)]);
  return undefined;
}

/** Whether the shadowed version has replicas comes and goes; that it is registered does not. */
async function shadowExists(
  { change, refusals }: ApplyContext,
  document: RouteDocument,
  project: Project,
  { modelId, spec: { model } }: Deployment,
): Promise<boolean> {
  const version = document.manifest.spec.shadow?.version;
  if (version === undefined) return true;
  const { modelVersions } = change.repos;
  if ((await modelVersions.getByVersion(project.id, modelId, version)) !== undefined) return true;
  if (refusals.missesVersion({ metadata: document.manifest.metadata, spec: { model, version } })) return false;
  const known = (await modelVersions.listByModel(project.id, modelId)).map(({ versionName }) => versionName);
  refusals.addProblems(document, [missing('version', version, 'spec.shadow.version', known, ` of model ${model}`)]);
  return false;
}

/** Whose the name is may not be told: it can belong to another project. */
function refuseName({ refusals }: ApplyContext, document: RouteDocument): undefined {
  const { model } = document.manifest.spec;
  const message = `the model name ${model} is taken by another route; names are unique over all projects`;
  refusals.addProblems(document, [{ path: 'spec.model', message }]);
}
