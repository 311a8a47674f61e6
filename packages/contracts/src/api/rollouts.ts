import { z } from 'zod';
import { instant, namedParams, pageOf, projectPageQuery, projectQuery, reason, revisionName } from './fields.ts';
import type { Operation } from './operation.ts';
import { rolloutSummary } from './statuses.ts';

const evidence = z
  .object({
    requests: z.number().int(),
    errors: z.number().int(),
    errorRate: z.number().nullable().describe('Null: no requests'),
    ttftP95Ms: z.number().nullable().describe('Upper bound of the bucket that holds the quantile; null: no data'),
  })
  .meta({ id: 'RevisionEvidence' });

const rolloutStep = z
  .object({
    index: z.number().int(),
    kind: z.enum(['weight', 'approval', 'wait']),
    percent: z.number().nullable(),
    forMs: z.number().int().nullable(),
    role: z.string().nullable(),
    state: z.enum(['done', 'current', 'todo']),
  })
  .meta({ id: 'RolloutStep' });

export const rolloutDetail = z
  .object({
    ...rolloutSummary.shape,
    strategy: z.enum(['canary', 'blueGreen', 'rolling']),
    onFailure: z.enum(['rollback', 'pause']),
    keepWarmMs: z.number().int(),
    steps: z.array(rolloutStep),
    since: instant.describe('When the phase or the step began'),
    weightReachedAt: instant.nullable(),
    approvedBy: z.string().nullable(),
    verdict: z
      .object({
        kind: z.enum(['goOn', 'wait', 'rollBack']),
        because: z.string(),
        at: instant,
        candidate: evidence,
        stable: evidence,
      })
      .nullable()
      .describe('What the gate said last, and from what'),
  })
  .meta({ id: 'Rollout' });

export const rolloutAnswer = z
  .object({ rollout: rolloutSummary.nullable(), message: z.string() })
  .meta({ id: 'RolloutAnswer' });

export const promoteResponse = z
  .object({
    outcome: z.enum(['started', 'ongoing', 'done']).describe('`done`: this version is the stable one already'),
    wanted: revisionName,
    rollout: rolloutSummary.nullable(),
    message: z.string(),
  })
  .meta({ id: 'PromoteResponse' });

export const rollbackResponse = z
  .object({
    from: revisionName.nullable(),
    to: revisionName,
    kind: z
      .enum(['moved', 'provisioning'])
      .describe('`moved`: traffic is there. `provisioning`: replicas must come up first'),
    snapshot: z.object({ epoch: z.number().int(), number: z.number().int() }).nullable(),
    acknowledgedMs: z.number().nullable().describe('Until the last live gateway acknowledged; null: one did not'),
    gateways: z.array(z.object({ id: z.string(), acknowledgedMs: z.number().nullable() })),
    rollout: rolloutSummary.nullable(),
    message: z.string(),
  })
  .meta({ id: 'RollbackResponse' });

const about = z.strictObject({ reason: reason.optional() });

function command<Verb extends 'pause' | 'resume' | 'advance' | 'abort'>(verb: Verb, summary: string) {
  return {
    method: 'POST',
    path: `/v1/deployments/{name}/rollout/${verb}`,
    tag: 'Rollouts',
    summary,
    role: 'operator',
    request: { params: namedParams, query: projectQuery, body: about.default({}) },
    answer: 'json',
    response: rolloutAnswer,
    successStatus: 200,
    mutating: true,
  } as const satisfies Operation;
}

export const rolloutOperations = {
  getRollout: {
    method: 'GET',
    path: '/v1/deployments/{name}/rollout',
    tag: 'Rollouts',
    summary: 'The rollout under way, or else the last, with its steps and evidence',
    role: 'viewer',
    request: { params: namedParams, query: projectQuery },
    answer: 'json',
    response: z.object({ rollout: rolloutDetail.nullable() }),
    successStatus: 200,
    mutating: false,
  },
  listRollouts: {
    method: 'GET',
    path: '/v1/deployments/{name}/rollouts',
    tag: 'Rollouts',
    summary: 'Rollouts of a deployment, newest first',
    role: 'viewer',
    request: { params: namedParams, query: projectPageQuery },
    answer: 'json',
    response: pageOf(rolloutSummary),
    successStatus: 200,
    mutating: false,
  },
  pauseRollout: command('pause', 'Hold the rollout where it is'),
  resumeRollout: command('resume', 'Go on with a paused rollout'),
  advanceRollout: command('advance', 'End the current step now; also gives the approval it waits for'),
  abortRollout: command('abort', 'Give up: traffic returns to the stable revision'),
  promote: {
    method: 'POST',
    path: '/v1/deployments/{name}/promote',
    tag: 'Rollouts',
    summary: 'Want another version: starts the rollout that the deployment’s policy describes',
    role: 'operator',
    request: {
      params: namedParams,
      query: projectQuery,
      body: z.strictObject({ version: z.string().min(1).max(253), reason: reason.optional() }),
    },
    answer: 'json',
    response: promoteResponse,
    successStatus: 200,
    mutating: true,
  },
  rollback: {
    method: 'POST',
    path: '/v1/deployments/{name}/rollback',
    tag: 'Rollouts',
    summary: 'Bring an earlier revision back: traffic first, then capacity',
    role: 'operator',
    request: {
      params: namedParams,
      query: projectQuery,
      body: z
        .strictObject({
          toRevision: z.number().int().positive().optional(),
          reason: reason.optional(),
          waitMs: z.number().int().min(0).max(30_000).default(5_000).describe('How long to wait for gateways'),
        })
        .default({ waitMs: 5_000 }),
    },
    answer: 'json',
    response: rollbackResponse,
    successStatus: 200,
    mutating: true,
  },
} as const satisfies Record<string, Operation>;
