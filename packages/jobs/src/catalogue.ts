import { z } from 'zod';

/**
 * Every job there is: name → payload. A payload is an id only; what to do is read from the tables, so that a job may
 * be lost, doubled or late without harm.
 */
export const jobCatalogue = {
  /** One pass of the deployment's controllers: rollout, scale, replicas. */
  deployment: z.object({ id: z.uuid() }),
} as const satisfies Record<string, z.ZodType<{ id: string }>>;

export type JobName = keyof typeof jobCatalogue;
export type JobPayload<N extends JobName> = z.infer<(typeof jobCatalogue)[N]>;
export type JobHandlers = { readonly [N in JobName]: (payload: JobPayload<N>) => Promise<void> };
