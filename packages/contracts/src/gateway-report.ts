import {
  type GatewayReport,
  type GatewayReportAnswer,
  type LimitUseReport,
  type TrafficReport,
  TTFT_BOUNDS_MS,
} from '@signalbox/domain';
import { z } from 'zod';

const count = z.number().int().min(0);
const amount = z.number().min(0);
const share = z.number().min(0).max(1);

const trafficReport = z.object({
  replicas: z.array(z.object({ replicaId: z.string(), admitted: z.boolean(), inFlight: count, ejected: z.boolean() })),
  revisions: z.array(
    z.object({
      routeId: z.string(),
      revisionId: z.string(),
      requests: count,
      errors: count,
      rescued: count,
      cancelled: count,
      ttft: z.object({ counts: z.array(count).length(TTFT_BOUNDS_MS.length + 1), sumMs: z.number().min(0), count }),
      outputTokens: count,
    }),
  ),
  routes: z.array(z.object({ routeId: z.string(), inFlight: count, unserved: count })),
});

/** The part of the report that a gateway's workers count, each by itself. */
export const trafficReportSchema: z.ZodType<TrafficReport> = trafficReport;

export const limitUseReportsSchema: z.ZodType<LimitUseReport[]> = z.array(
  z.object({ id: z.string().max(500), held: amount, wanted: amount, share }),
);

export const gatewayReportSchema: z.ZodType<GatewayReport> = z.object({
  gatewayId: z.string().regex(/^[a-zA-Z0-9._-]{1,100}$/),
  bootId: z.string().max(100),
  startedAt: z.number(),
  sentAt: z.number(),
  applied: z.object({ epoch: count, number: count, hash: z.string().max(64) }),
  accepting: z.boolean(),
  ...trafficReport.shape,
  limits: limitUseReportsSchema.exactOptional(),
});

export const gatewayReportAnswerSchema: z.ZodType<GatewayReportAnswer> = z
  .object({
    shares: z
      .record(z.string(), share)
      .describe('By the limit’s id: the part that this gateway may give out by itself; the others stay as they were'),
    gateways: z.number().int().positive().describe('How many share: of a limit never named, each has an equal part'),
  })
  .meta({ id: 'GatewayReportAnswer' });
