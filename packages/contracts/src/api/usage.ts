import {
  PRIORITY_CLASSES,
  REPLICA_FILTERS,
  REVISION_CHOICES,
  USAGE_EXACTNESS,
  USAGE_OUTCOMES,
  type UsageRecord,
} from '@signalbox/domain';
import { z } from 'zod';
import { flag, instant, pageQuery, projectQuery } from './fields.ts';
import type { Operation } from './operation.ts';

/** Callers choose request ids, and Postgres holds no NUL and no half of a character. */
const text = z
  .string()
  .max(2_000)
  .transform((value) => value.toWellFormed().replaceAll('\0', '\ufffd'));
const count = z.number().int().min(0);
const most32Bit = 2_147_483_647;

const tokenCounts = z
  .object({
    input: count,
    cached: count.describe('Part of input'),
    output: count,
    reasoning: count.describe('Part of output'),
  })
  .meta({ id: 'TokenCounts' });

const routingDecision = z
  .object({
    deployment: text,
    revision: z.number().int().positive().max(most32Bit),
    revisionBy: z.enum(REVISION_CHOICES).describe('`rescue`: another attempt had failed'),
    replicaId: text,
    tier: count.describe('0: the replica passed all filters; above, how far they had to be loosened'),
    scorers: z.array(z.object({ name: text, weight: z.number() })).max(100),
    candidates: z
      .array(
        z.object({
          replicaId: text,
          total: z.number(),
          uncachedTokens: count.describe('What it would have to read of the prompt, estimated'),
          scores: z.array(z.number()).max(100).describe('In the order of the scorers'),
        }),
      )
      .max(100)
      .describe('Best first'),
    filtered: z
      .array(z.object({ replicaId: text, by: z.enum(REPLICA_FILTERS).describe('The first filter that it failed') }))
      .max(100),
    unlisted: count.describe('Candidates and filtered replicas beyond these'),
  })
  .meta({ id: 'RoutingDecision', description: 'Why one attempt went where it went' });
const routing = z.array(routingDecision).max(10);

const recordFields = {
  id: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,200}$/)
    .describe('Unique: a record that comes again is stored once'),
  requestId: text.describe('Empty where several requests were merged'),
  traceId: text,
  gatewayId: text,
  project: text,
  routeId: text,
  route: text,
  keyId: text.nullable().describe('Null on a route that takes requests without a key'),
  priority: z.enum(PRIORITY_CLASSES),
  revisionId: text.nullable().describe('Null when the request reached no revision'),
  deployment: text.nullable(),
  revision: z.number().int().positive().max(most32Bit).nullable(),
  model: text.nullable(),
  version: text.nullable(),
  versionDigest: text.nullable(),
  engine: text.nullable(),
  quantization: text.nullable(),
  replicaId: text.nullable(),
  operation: text.describe('The path that was called'),
  stream: z.boolean(),
  queuedMs: count,
  firstByteMs: count.nullable().describe('From the whole request to the first byte of the answer'),
  durationMs: count,
  status: count.max(999),
  outcome: z.enum(USAGE_OUTCOMES),
  attempts: count,
  tokens: tokenCounts,
  exactness: z
    .enum(USAGE_EXACTNESS)
    .describe('`exact`: told by the engine; `partial`: told before it broke off; `estimated`: what had been reserved'),
  bytesIn: count,
  bytesOut: count,
};

/** On the wire from the gateway. Unknown fields are dropped: a newer gateway may send more. */
const usageRecordSchema: z.ZodType<UsageRecord> = z.object({
  ...recordFields,
  startedAt: count.max(8_640_000_000_000_000).describe('Milliseconds since 1970'),
  routing: routing.exactOptional(),
  requests: z
    .number()
    .int()
    .positive()
    .max(most32Bit)
    .exactOptional()
    .describe('Above 1 where the gateway’s disk was full'),
});

const reportUsageRequest = z.object({ records: z.array(usageRecordSchema).min(1).max(1_000) }).meta({
  id: 'ReportUsageRequest',
});

export const requestUsage = z
  .object({
    ...recordFields,
    keyName: z.string().nullable(),
    image: z.string().nullable().describe('Of the engine, as the revision names it'),
    startedAt: instant,
    receivedAt: instant,
    routing: routing
      .nullable()
      .describe('An attempt each; null where it was not kept, which is of some requests a second'),
  })
  .meta({ id: 'RequestUsage' });

export const USAGE_GROUPS = ['key', 'project', 'route', 'version', 'hour'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export const usageItem = z
  .object({
    project: z.string().nullable(),
    key: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    route: z.string().nullable(),
    version: z.object({ model: z.string(), version: z.string() }).nullable(),
    hour: instant.nullable(),
    requests: count,
    failed: count.describe('Ended in an error, or no replica could take them'),
    cancelled: count.describe('The caller left'),
    refused: count.describe('By a limit or a full queue'),
    estimated: count.describe('Requests whose tokens are what had been reserved, or were told only in part'),
    attempts: count,
    tokens: tokenCounts,
    durationMs: count.describe('Of all together'),
    bytesIn: count,
    bytesOut: count,
  })
  .meta({ id: 'UsageItem', description: 'Null: not grouped by that, or the requests had none.' });

export const usagePage = z
  .object({
    from: instant.describe('Start of the hour that was asked for'),
    to: instant.describe('End of the hour that was asked for'),
    groupBy: z.array(z.enum(USAGE_GROUPS)),
    items: z.array(usageItem),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'UsagePage' });

const groupList = z
  .string()
  .default('route')
  .transform((list) => list.split(',').filter((group) => group !== ''))
  .pipe(
    z
      .array(z.enum(USAGE_GROUPS))
      .max(USAGE_GROUPS.length)
      .refine((groups) => new Set(groups).size === groups.length, 'names a group twice'),
  )
  .describe('`key`, `project`, `route`, `version`, `hour`: several with commas; empty for the sum of all');

const gatewayParams = z.strictObject({ id: z.string().regex(/^[a-zA-Z0-9._-]{1,100}$/) });

export const usageOperations = {
  getUsage: {
    method: 'GET',
    path: '/v1/usage',
    tag: 'Usage',
    summary: 'Requests and tokens, summed up by hour and group',
    role: 'viewer',
    request: {
      query: z.strictObject({
        ...projectQuery.shape,
        allProjects: flag.default(false).describe('Of all projects, in place of one'),
        from: instant.optional().describe('Rounded down to the hour; default: 24 hours before `to`'),
        to: instant.optional().describe('Rounded up to the hour; default: now'),
        groupBy: groupList,
        ...pageQuery.shape,
      }),
    },
    answer: 'json',
    response: usagePage,
    successStatus: 200,
    mutating: false,
  },
  getRequestUsage: {
    method: 'GET',
    path: '/v1/usage/requests/{requestId}',
    tag: 'Usage',
    summary: 'One request: who, which route, revision, version, image, replica, tokens and times',
    role: 'viewer',
    request: { params: z.strictObject({ requestId: z.string().min(1).max(500) }), query: projectQuery },
    answer: 'json',
    response: z
      .object({ items: z.array(requestUsage).describe('More than one where a caller used its request id again') })
      .meta({ id: 'RequestUsageList' }),
    successStatus: 200,
    mutating: false,
  },
  reportUsage: {
    method: 'POST',
    path: '/v1/gateways/{id}/usage',
    tag: 'Gateways',
    summary: 'Usage records of a gateway; those that are known already change nothing',
    role: 'gateway',
    request: { params: gatewayParams, body: reportUsageRequest },
    answer: 'json',
    response: z.object({ stored: count, known: count }).meta({ id: 'ReportUsageAnswer' }),
    successStatus: 200,
    // Records carry ids of their own: sending one twice changes nothing, so no Idempotency-Key is kept for each.
    mutating: false,
  },
} as const satisfies Record<string, Operation>;
