import { ROLLOUT_PHASES } from '@signalbox/domain';
import { z } from 'zod';
import { instant, revisionName } from './fields.ts';

/** What controllers know of each kind: the `status` of its envelope. */
export const projectStatus = z.object({}).meta({ id: 'ProjectStatus' });

export const clusterStatus = z
  .object({
    reachable: z.boolean().nullable().describe('Null: not looked at yet'),
    since: instant.nullable(),
    message: z.string().nullable(),
    observedAt: instant.nullable(),
    nodes: z.array(
      z.object({
        node: z.string(),
        gpuProduct: z.string().nullable(),
        gpus: z.object({ total: z.number().int(), free: z.number().int() }),
        ready: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'ClusterStatus' });

export const poolStatus = z
  .object({
    nodes: z.number().int().nullable().describe('Null: its cluster has not been seen'),
    gpus: z.object({ total: z.number().int(), free: z.number().int() }).nullable(),
  })
  .meta({ id: 'PoolStatus' });

export const modelStatus = z.object({ versions: z.array(z.string()) }).meta({ id: 'ModelStatus' });

export const modelVersionStatus = z
  .object({
    digest: z.string().describe('SHA-256 over the content as canonical JSON'),
    source: z.record(z.string(), z.unknown()).describe('Pinned: the same words always fetch the same bytes'),
  })
  .meta({ id: 'ModelVersionStatus' });

export const splitPart = z
  .object({ ...revisionName.shape, percent: z.number().min(0).max(100) })
  .meta({ id: 'SplitPart' });

export const routeStatus = z
  .object({ split: z.array(splitPart), serving: z.number().int().describe('Replicas that take traffic') })
  .meta({ id: 'RouteStatus' });

export const rolloutSummary = z
  .object({
    id: z.string(),
    from: revisionName.nullable(),
    to: revisionName,
    phase: z.enum(ROLLOUT_PHASES),
    active: z.boolean(),
    paused: z.boolean(),
    step: z.object({ index: z.number().int(), count: z.number().int() }),
    percent: z.number().describe('Traffic on the new revision now'),
    message: z.string(),
    because: z.string().nullable().describe('Why it was rolled back or superseded'),
    author: z.string(),
    cause: z.string(),
    createdAt: instant,
    updatedAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'RolloutSummary' });

export const condition = z
  .object({
    type: z.enum(['Ready', 'Settled', 'ClusterReachable']),
    status: z.enum(['true', 'false', 'unknown']),
    reason: z.string(),
    message: z.string(),
  })
  .meta({ id: 'Condition' });

/**
 * - `serving`: all wanted traffic is served by the wanted revision
 * - `rollingOut`, `paused`: a rollout is under way; traffic is served meanwhile
 * - `degraded`: serves with fewer replicas than wanted
 * - `provisioning`: the first replicas are coming up
 * - `unavailable`: nothing can serve
 * - `unknown`: its cluster was not heard from
 * - `deleting`: replicas are being taken down
 */
export const DEPLOYMENT_PHASES = [
  'serving',
  'rollingOut',
  'paused',
  'degraded',
  'provisioning',
  'unavailable',
  'unknown',
  'deleting',
] as const;

export const deploymentStatus = z
  .object({
    phase: z.enum(DEPLOYMENT_PHASES),
    replicas: z.object({ desired: z.number().int(), ready: z.number().int(), serving: z.number().int() }),
    wanted: revisionName.nullable(),
    stable: revisionName.nullable(),
    former: z.object({ ...revisionName.shape, keepWarmUntil: instant.nullable() }).nullable(),
    split: z.array(splitPart),
    routes: z.array(z.string()).describe('Public model names that lead here'),
    rollout: rolloutSummary.nullable().describe('The one under way; where one deployment is read, else the last'),
    scaleOverride: z.object({ replicas: z.number().int(), author: z.string(), at: instant }).nullable(),
    simulated: z.boolean().describe('The engine is a simulation'),
    conditions: z.array(condition),
  })
  .meta({ id: 'DeploymentStatus' });
