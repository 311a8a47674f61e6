import { LIMITED_QUANTITIES, PRIORITY_CLASSES } from '@signalbox/domain';
import { z } from 'zod';
import { limitList } from '../manifest/kinds/limit-list.ts';
import { instant, namedParams, objectName, pageOf, projectPageQuery, projectQuery } from './fields.ts';
import type { Operation } from './operation.ts';

const limitView = z
  .object({
    of: z.enum(LIMITED_QUANTITIES),
    per: z.enum(['minute', 'day']).nullable().describe('Null: how many at once'),
    amount: z.number(),
  })
  .meta({ id: 'Limit' });

// Defaults also in what is answered: a control plane before these fields had keys without any limits.
const keyFields = {
  id: z.string(),
  name: objectName,
  project: z.string(),
  prefix: z.string().describe('First characters, so that keys can be told apart'),
  routes: z.array(z.string()),
  limits: z.array(limitView).default([]),
  priority: z.enum(PRIORITY_CLASSES).default('standard'),
  weight: z.number().default(1),
  mayPin: z.boolean().default(false),
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
    limits: limitList.default([]).describe('`per` is left out for concurrency: how many at once'),
    priority: z.enum(PRIORITY_CLASSES).default('standard').describe('Who goes first when not all can'),
    weight: z
      .number()
      .min(0.01)
      .max(1_000)
      .default(1)
      .describe('Part of what its priority class gets, beside the parts of other keys'),
    mayPin: z.boolean().default(false).describe('May choose a revision by header'),
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
