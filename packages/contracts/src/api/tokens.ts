import { z } from 'zod';
import { instant, namedParams, objectName, pageOf, pageQuery } from './fields.ts';
import { API_ROLES, type Operation } from './operation.ts';

const tokenFields = {
  id: z.string(),
  name: objectName,
  role: z.enum(API_ROLES),
  author: z.string(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
};

export const tokenView = z.object(tokenFields).meta({ id: 'ApiToken' });

export const createdToken = z
  .object({ ...tokenFields, token: z.string().nullable().describe('Shown once; null when the answer is a replay') })
  .meta({ id: 'CreatedApiToken' });

const createTokenRequest = z
  .strictObject({
    name: objectName.regex(/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/, 'lower-case letters, digits, dots, dashes'),
    role: z.enum(API_ROLES),
    expiresAt: instant.nullable().default(null),
  })
  .meta({ id: 'CreateTokenRequest' });

export const tokenOperations = {
  whoami: {
    method: 'GET',
    path: '/v1/whoami',
    tag: 'Access',
    summary: 'Whose token this is and what it may do',
    role: 'any',
    answer: 'json',
    response: z.object({ id: z.string(), name: z.string(), role: z.enum(API_ROLES) }).meta({ id: 'Whoami' }),
    successStatus: 200,
    mutating: false,
  },
  createToken: {
    method: 'POST',
    path: '/v1/tokens',
    tag: 'Access',
    summary: 'Make a token for a person, a pipeline or a gateway',
    role: 'admin',
    request: { body: createTokenRequest },
    answer: 'json',
    response: createdToken,
    successStatus: 201,
    mutating: true,
    secretField: 'token',
  },
  listTokens: {
    method: 'GET',
    path: '/v1/tokens',
    tag: 'Access',
    summary: 'Tokens of the API, revoked ones included',
    role: 'admin',
    request: { query: pageQuery },
    answer: 'json',
    response: pageOf(tokenView),
    successStatus: 200,
    mutating: false,
  },
  revokeToken: {
    method: 'DELETE',
    path: '/v1/tokens/{name}',
    tag: 'Access',
    summary: 'Revoke a token',
    role: 'admin',
    request: { params: namedParams },
    answer: 'json',
    response: tokenView,
    successStatus: 200,
    mutating: true,
  },
} as const satisfies Record<string, Operation>;
