import type { ManifestKind } from '@signalbox/domain';
import { z } from 'zod';
import { flag, instant, namedParams, objectName, pageOf, pageQuery, projectPageQuery, projectQuery } from './fields.ts';
import type { Operation } from './operation.ts';
import * as status from './statuses.ts';

const labels = z.record(z.string(), z.string());

const metadata = z
  .object({
    id: z.string(),
    name: objectName,
    project: z.string().nullable().describe('Null for kinds outside of projects'),
    labels,
    annotations: labels,
    version: z.number().int().positive().describe('Counts accepted changes; the ETag is this number in quotes'),
    author: z.string(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Metadata' });

function envelope<Kind extends ManifestKind, Status extends z.ZodType>(kind: Kind, statusSchema: Status) {
  return z
    .object({
      apiVersion: z.literal('signalbox.dev/v1'),
      kind: z.literal(kind),
      metadata,
      spec: z.record(z.string(), z.unknown()).describe('In the shape of the manifest, defaults filled in'),
      status: statusSchema,
    })
    .meta({ id: kind });
}

export const projectResource = envelope('Project', status.projectStatus);
export const clusterResource = envelope('Cluster', status.clusterStatus);
export const poolResource = envelope('Pool', status.poolStatus);
export const modelResource = envelope('Model', status.modelStatus);
export const modelVersionResource = envelope('ModelVersion', status.modelVersionStatus);
export const deploymentResource = envelope('Deployment', status.deploymentStatus);
export const routeResource = envelope('Route', status.routeStatus);

/** Kinds in paths. */
export const KIND_PATHS = {
  Project: 'projects',
  Cluster: 'clusters',
  Pool: 'pools',
  Model: 'models',
  ModelVersion: 'model-versions',
  Deployment: 'deployments',
  Route: 'routes',
} as const satisfies Record<ManifestKind, string>;

const labelSelector = z
  .string()
  .max(1_000)
  .optional()
  .describe('`team=support,tier!=free`: every term must hold; a bare key must be present');

const deletion = z.strictObject({ yes: flag.default(false).describe('Also when it carries traffic') });

export const deleteResponse = z
  .object({
    kind: z.string(),
    project: z.string().nullable(),
    name: z.string(),
    state: z.enum(['deleted', 'deleting']).describe('`deleting`: replicas drain first'),
  })
  .meta({ id: 'DeleteResponse' });

const installationList = z.strictObject({ ...pageQuery.shape, labelSelector });
const projectList = z.strictObject({ ...projectPageQuery.shape, labelSelector });
const installationDelete = deletion;
const projectDelete = z.strictObject({ ...projectQuery.shape, ...deletion.shape });
const nothing = z.strictObject({});

function operationsOf<
  Path extends string,
  Resource extends z.ZodType,
  List extends z.ZodObject,
  One extends z.ZodObject,
  Delete extends z.ZodObject,
>(path: Path, resource: Resource, role: 'operator' | 'admin', queries: { list: List; one: One; remove: Delete }) {
  return {
    list: {
      method: 'GET',
      path: `/v1/${path}`,
      tag: 'Resources',
      summary: `List ${path.replace('-', ' ')}, by name`,
      role: 'viewer',
      request: { query: queries.list },
      answer: 'json',
      response: pageOf(resource),
      successStatus: 200,
      mutating: false,
    },
    get: {
      method: 'GET',
      path: `/v1/${path}/{name}`,
      tag: 'Resources',
      summary: `Read one of the ${path.replace('-', ' ')}`,
      role: 'viewer',
      request: { params: namedParams, query: queries.one },
      answer: 'json',
      response: resource,
      successStatus: 200,
      mutating: false,
    },
    remove: {
      method: 'DELETE',
      path: `/v1/${path}/{name}`,
      tag: 'Resources',
      summary: `Delete one of the ${path.replace('-', ' ')}`,
      role,
      request: { params: namedParams, query: queries.remove },
      answer: 'json',
      response: deleteResponse,
      successStatus: 200,
      mutating: true,
      conditional: true,
    },
  } as const satisfies Record<string, Operation>;
}

const ofInstallation = { list: installationList, one: nothing, remove: installationDelete };
const ofProject = { list: projectList, one: projectQuery, remove: projectDelete };

const projects = operationsOf('projects', projectResource, 'admin', ofInstallation);
const clusters = operationsOf('clusters', clusterResource, 'admin', ofInstallation);
const pools = operationsOf('pools', poolResource, 'admin', ofInstallation);
const models = operationsOf('models', modelResource, 'operator', ofProject);
const modelVersions = operationsOf('model-versions', modelVersionResource, 'operator', ofProject);
const deployments = operationsOf('deployments', deploymentResource, 'operator', ofProject);
const routes = operationsOf('routes', routeResource, 'operator', ofProject);

export const resourceOperations = {
  listProjects: projects.list,
  getProject: projects.get,
  deleteProject: projects.remove,
  listClusters: clusters.list,
  getCluster: clusters.get,
  deleteCluster: clusters.remove,
  listPools: pools.list,
  getPool: pools.get,
  deletePool: pools.remove,
  listModels: models.list,
  getModel: models.get,
  deleteModel: models.remove,
  listModelVersions: modelVersions.list,
  getModelVersion: modelVersions.get,
  deleteModelVersion: modelVersions.remove,
  listDeployments: deployments.list,
  getDeployment: deployments.get,
  deleteDeployment: deployments.remove,
  listRoutes: routes.list,
  getRoute: routes.get,
  deleteRoute: routes.remove,
  listVersionsOfModel: {
    method: 'GET',
    path: '/v1/models/{name}/versions',
    tag: 'Resources',
    summary: 'The versions of one model, newest first',
    role: 'viewer',
    request: { params: namedParams, query: projectPageQuery },
    answer: 'json',
    response: pageOf(modelVersionResource),
    successStatus: 200,
    mutating: false,
  },
} as const satisfies Record<string, Operation>;
