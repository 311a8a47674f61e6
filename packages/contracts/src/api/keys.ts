import { z } from 'zod';
import { instant, namedParams, objectName, pageOf, projectPageQuery, projectQuery } from './fields.ts';
import type { Operation } from './operation.ts';

const keyFields = {
  id: z.string(),
  name: objectName,
  project: z.string(),
  prefix: z.string().describe('First characters, so that keys can be told apart'),
  routes: z.array(z.string()),
  author: z.string(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
};

export const keyView = z.object(keyFields).meta({ id: 'ConsumerKey' });

export const createdKey = z
  .object({ ...keyFields, key: z.string().nullable().describe('Shown once; null when the answer is a replay') })
  .meta({ id: 'CreatedConsumerKey' });

const createKeyRequest = z
  .strictObject({
    name: objectName.regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and dashes'),
    project: z.string().min(1).max(253).default('default'),
    routes: z.array(z.string().min(1).max(253)).min(1).max(100).default(['*']).describe('Public model names, or `*`'),
    expiresAt: instant.nullable().default(null),
  })
  .meta({ id: 'CreateKeyRequest' });

export const keyOperations = {
  createKey: {
    method: 'POST',
    path: '/v1/keys',
    tag: 'Consumer keys',
    summary: 'Make a key for callers of the models',
    role: 'operator',
    request: { body: createKeyRequest },
    answer: 'json',
    response: createdKey,
    successStatus: 201,
    mutating: true,
    secretField: 'key',
  },
  listKeys: {
    method: 'GET',
    path: '/v1/keys',
    tag: 'Consumer keys',
    summary: 'Consumer keys of a project, revoked ones included',
    role: 'viewer',
    request: { query: projectPageQuery },
    answer: 'json',
    response: pageOf(keyView),
    successStatus: 200,
    mutating: false,
  },
  revokeKey: {
    method: 'DELETE',
    path: '/v1/keys/{name}',
    tag: 'Consumer keys',
    summary: 'Revoke a key: gateways refuse it as soon as they have the next snapshot',
    role: 'operator',
    request: { params: namedParams, query: projectQuery },
    answer: 'json',
    response: keyView,
    successStatus: 200,
    mutating: true,
  },
} as const satisfies Record<string, Operation>;
