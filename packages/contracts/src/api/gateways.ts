import { z } from 'zod';
import { gatewayReportAnswerSchema, gatewayReportSchema } from '../gateway-report.ts';
import { snapshotSchema } from '../snapshot.ts';
import { instant } from './fields.ts';
import type { Operation } from './operation.ts';

export const gatewayView = z
  .object({
    id: z.string(),
    live: z.boolean().describe('Heard from lately: its admission and acknowledgements are waited for'),
    accepting: z.boolean().describe('False while it drains'),
    firstSeenAt: instant,
    lastSeenAt: instant,
    applied: z.object({ epoch: z.number().int(), number: z.number().int(), hash: z.string() }),
    upToDate: z.boolean().describe('Serves the newest snapshot'),
    inFlight: z.number().int(),
  })
  .meta({ id: 'Gateway' });

const gatewayParams = z.strictObject({ id: z.string().regex(/^[a-zA-Z0-9._-]{1,100}$/) });

export const gatewayOperations = {
  listGateways: {
    method: 'GET',
    path: '/v1/gateways',
    tag: 'Gateways',
    summary: 'Gateways and the snapshot each one serves',
    role: 'viewer',
    answer: 'json',
    response: z.object({ items: z.array(gatewayView) }).meta({ id: 'GatewayList' }),
    successStatus: 200,
    mutating: false,
  },
  watchSnapshots: {
    method: 'GET',
    path: '/v1/gateways/{id}/snapshots',
    tag: 'Gateways',
    summary: 'The newest snapshot, and each one after it',
    role: 'gateway',
    request: {
      params: gatewayParams,
      query: z.strictObject({
        have: z
          .string()
          .regex(/^\d+\.\d+$/)
          .optional()
          .describe('`epoch.number` of the snapshot that the gateway serves: it is not sent again'),
      }),
    },
    answer: 'events',
    response: snapshotSchema,
    successStatus: 200,
    mutating: false,
  },
  reportGateway: {
    method: 'POST',
    path: '/v1/gateways/{id}/report',
    tag: 'Gateways',
    summary: 'What a gateway acknowledges, sees and counts',
    role: 'gateway',
    request: { params: gatewayParams, body: gatewayReportSchema },
    answer: 'json',
    response: gatewayReportAnswerSchema,
    successStatus: 200,
    // There are shares for those only who tell what they use: older gateways, and those that drain, get none.
    mayBeEmpty: true,
    // Reports carry totals: sending one twice changes nothing, so no Idempotency-Key is kept for each.
    mutating: false,
  },
} as const satisfies Record<string, Operation>;
