import { z } from 'zod';
import { fieldChange, kindNames } from './fields.ts';
import type { Operation } from './operation.ts';

export const applyRequest = z
  .strictObject({
    source: z.string().min(1).max(500).describe('Names the inventory that `prune` compares with, as a folder or URL'),
    sources: z
      .array(z.strictObject({ file: z.string().min(1).max(1_000), text: z.string() }))
      .max(5_000)
      .describe('Manifests as they were written; problems point into these files'),
    prune: z.boolean().default(false).describe('Delete what this source once applied and no longer contains'),
    dryRun: z.boolean().default(false).describe('Do everything, then undo it: the answer is the plan'),
    yes: z.boolean().default(false).describe('Also remove deployments that carry traffic'),
  })
  .meta({ id: 'ApplyRequest' });

export const appliedChange = z
  .object({
    kind: kindNames,
    project: z.string().nullable(),
    name: z.string(),
    change: z.enum(['created', 'updated', 'unchanged', 'deleted']),
    revision: z.number().int().positive().optional().describe('Made by this change of a deployment'),
    fields: z.array(fieldChange).optional(),
    note: z.string().optional(),
  })
  .meta({ id: 'AppliedChange' });

export const applyResponse = z
  .object({ changes: z.array(appliedChange), dryRun: z.boolean() })
  .meta({ id: 'ApplyResponse' });

export const applyOperations = {
  apply: {
    method: 'POST',
    path: '/v1/apply',
    tag: 'Manifests',
    summary: 'Apply manifests, all of them or none',
    role: 'operator',
    request: { body: applyRequest },
    answer: 'json',
    response: applyResponse,
    successStatus: 200,
    mutating: true,
  },
} as const satisfies Record<string, Operation>;
