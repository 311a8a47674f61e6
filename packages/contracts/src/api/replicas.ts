import { z } from 'zod';
import { instant, namedParams, projectQuery, reason } from './fields.ts';
import type { Operation } from './operation.ts';

export const replicaView = z
  .object({
    id: z.string(),
    name: z.string(),
    revision: z.number().int().positive(),
    version: z.string(),
    cluster: z.string(),
    phase: z.enum(['pending', 'starting', 'ready', 'failing', 'lost', 'stopping']),
    traffic: z.enum(['none', 'admitting', 'serving', 'draining', 'drained']),
    trafficSince: instant,
    node: z.string().nullable(),
    address: z.string().nullable(),
    reason: z.string().nullable().describe('The cluster’s words for what is wrong'),
    restarts: z.number().int(),
    startedAt: instant.nullable(),
    provenAt: instant.nullable().describe('When a generation last came back'),
    proofError: z.string().nullable(),
    inFlight: z.number().int().nullable().describe('Over all live gateways; null: none has told'),
    observedAt: instant,
  })
  .meta({ id: 'Replica' });

export const replicaList = z.object({ items: z.array(replicaView) }).meta({ id: 'ReplicaList' });

export const logsResponse = z
  .object({
    replicas: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        revision: z.number().int().positive(),
        phase: z.string(),
        lines: z.array(z.string()),
        error: z.string().nullable().describe('Why its lines could not be had'),
      }),
    ),
  })
  .meta({ id: 'LogsResponse' });

export const scaleResponse = z
  .object({
    override: z.number().int().nullable(),
    bounds: z.object({ min: z.number().int(), max: z.number().int() }),
    message: z.string(),
  })
  .meta({ id: 'ScaleResponse' });

export const restartResponse = z
  .object({ replicas: z.number().int(), message: z.string() })
  .meta({ id: 'RestartResponse' });

const onDeployment = { tag: 'Replicas', answer: 'json', successStatus: 200 } as const;

export const replicaOperations = {
  listReplicas: {
    ...onDeployment,
    method: 'GET',
    path: '/v1/deployments/{name}/replicas',
    summary: 'The replicas of a deployment as last seen',
    role: 'viewer',
    request: { params: namedParams, query: projectQuery },
    response: replicaList,
    mutating: false,
  },
  readLogs: {
    ...onDeployment,
    method: 'GET',
    path: '/v1/deployments/{name}/logs',
    summary: 'The last lines that the engines printed',
    role: 'viewer',
    request: {
      params: namedParams,
      query: z.strictObject({
        ...projectQuery.shape,
        replica: z.string().max(253).optional().describe('Name or id; all replicas unless given'),
        lines: z.coerce.number().int().min(1).max(5_000).default(100),
      }),
    },
    response: logsResponse,
    mutating: false,
  },
  scale: {
    ...onDeployment,
    method: 'POST',
    path: '/v1/deployments/{name}/scale',
    summary: 'Fix the number of replicas, or give it back to the autoscaler with null',
    role: 'operator',
    request: {
      params: namedParams,
      query: projectQuery,
      body: z.strictObject({ replicas: z.number().int().min(0).max(10_000).nullable(), reason: reason.optional() }),
    },
    response: scaleResponse,
    mutating: true,
  },
  restart: {
    ...onDeployment,
    method: 'POST',
    path: '/v1/deployments/{name}/restart',
    summary: 'Replace the replicas one after the other, each after its drain',
    role: 'operator',
    request: {
      params: namedParams,
      query: projectQuery,
      body: z.strictObject({ reason: reason.optional() }).default({}),
    },
    response: restartResponse,
    mutating: true,
  },
} as const satisfies Record<string, Operation>;
