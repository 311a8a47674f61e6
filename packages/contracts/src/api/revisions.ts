import { z } from 'zod';
import { fieldChange, instant, objectName, pageOf, projectPageQuery, projectQuery } from './fields.ts';
import type { Operation } from './operation.ts';

const revisionFields = {
  number: z.number().int().positive(),
  hash: z.string(),
  model: z.string(),
  version: z.string(),
  versionDigest: z.string(),
  engine: z.object({ name: z.string(), version: z.string(), image: z.string(), simulated: z.boolean() }),
  quantization: z.object({ weights: z.string().nullable(), kvCache: z.string().nullable() }),
  cluster: z.string(),
  workloadName: z.string(),
  workloadRevision: z.number().int().positive().describe('The revision whose pods serve this one'),
  role: z.enum(['stable', 'candidate', 'warm', 'retiring']).nullable().describe('Null: has no replicas'),
  author: z.string(),
  cause: z.string(),
  createdAt: instant,
};

export const revisionSummary = z.object(revisionFields).meta({ id: 'RevisionSummary' });

export const revisionDetail = z
  .object({
    ...revisionFields,
    spec: z.record(z.string(), z.unknown()).describe('In the shape of the manifest'),
    workload: z.record(z.string(), z.unknown()).describe('What the engine was rendered to'),
    placement: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Revision' });

export const revisionDiff = z
  .object({
    from: z.number().int().positive(),
    to: z.number().int().positive(),
    spec: z.array(fieldChange),
    workload: z.array(fieldChange),
    sameReplicas: z.boolean().describe('The same pods serve both revisions'),
  })
  .meta({ id: 'RevisionDiff' });

const number = z.coerce.number().int().positive();

export const revisionOperations = {
  listRevisions: {
    method: 'GET',
    path: '/v1/deployments/{name}/revisions',
    tag: 'Revisions',
    summary: 'The revisions of a deployment, newest first',
    role: 'viewer',
    request: { params: z.strictObject({ name: objectName }), query: projectPageQuery },
    answer: 'json',
    response: pageOf(revisionSummary),
    successStatus: 200,
    mutating: false,
  },
  getRevision: {
    method: 'GET',
    path: '/v1/deployments/{name}/revisions/{number}',
    tag: 'Revisions',
    summary: 'One revision, with its spec and what it was rendered to',
    role: 'viewer',
    request: { params: z.strictObject({ name: objectName, number }), query: projectQuery },
    answer: 'json',
    response: revisionDetail,
    successStatus: 200,
    mutating: false,
  },
  diffRevisions: {
    method: 'GET',
    path: '/v1/deployments/{name}/diff',
    tag: 'Revisions',
    summary: 'What differs between two revisions',
    role: 'viewer',
    request: {
      params: z.strictObject({ name: objectName }),
      query: z.strictObject({ ...projectQuery.shape, from: number, to: number }),
    },
    answer: 'json',
    response: revisionDiff,
    successStatus: 200,
    mutating: false,
  },
} as const satisfies Record<string, Operation>;
