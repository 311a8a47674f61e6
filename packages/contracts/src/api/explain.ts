import { z } from 'zod';
import { namedParams, projectQuery } from './fields.ts';
import type { Operation } from './operation.ts';

/** The chain from what was written to a served request, in the order in which it can break. */
export const EXPLAIN_LINKS = [
  'spec',
  'revision',
  'rollout',
  'cluster',
  'replicas',
  'proof',
  'gateways',
  'route',
] as const;

export const explanation = z
  .object({
    deployment: z.string(),
    project: z.string(),
    serving: z.boolean(),
    summary: z.string().describe('One sentence: the answer to “why is it not serving?”'),
    broken: z.enum(EXPLAIN_LINKS).nullable().describe('The first link that keeps it from serving'),
    links: z.array(
      z.object({
        name: z.enum(EXPLAIN_LINKS),
        state: z.enum(['ok', 'waiting', 'broken', 'unknown']),
        title: z.string(),
        lines: z.array(z.string()),
        advice: z.string().nullable().describe('What to do'),
      }),
    ),
  })
  .meta({ id: 'Explanation' });

export const explainOperations = {
  explain: {
    method: 'GET',
    path: '/v1/deployments/{name}/explain',
    tag: 'Deployments',
    summary: 'Why is it not serving? From the scheduler’s words to the engine’s last log line',
    role: 'viewer',
    request: { params: namedParams, query: projectQuery },
    answer: 'json',
    response: explanation,
    successStatus: 200,
    mutating: false,
  },
} as const satisfies Record<string, Operation>;
