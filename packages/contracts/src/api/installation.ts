import { z } from 'zod';
import type { Operation } from './operation.ts';

export const installationOperations = {
  getVersion: {
    method: 'GET',
    path: '/v1/version',
    tag: 'Installation',
    summary: 'Version of the control plane, and the engines it knows',
    role: 'any',
    answer: 'json',
    response: z
      .object({
        version: z.string(),
        engines: z.array(z.object({ name: z.string(), versions: z.array(z.string()), simulated: z.boolean() })),
      })
      .meta({ id: 'Version' }),
    successStatus: 200,
    mutating: false,
  },
} as const satisfies Record<string, Operation>;
