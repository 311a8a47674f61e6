import { PRIORITY_CLASSES, type Snapshot } from '@signalbox/domain';
import { z } from 'zod';

const replica = z.object({
  id: z.string(),
  address: z.string().regex(/^[^\s:/@]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'host:port'),
  state: z.enum(['admitting', 'serving', 'draining']),
});

const rate = z.object({
  id: z.string(),
  of: z.enum(['requests', 'inputTokens', 'outputTokens', 'tokens']),
  per: z.enum(['minute', 'day']),
  amount: z.number().positive(),
});
const level = z.object({
  id: z.string(),
  of: z.literal('concurrency'),
  per: z.null(),
  amount: z.number().positive(),
});
const limits = z.array(z.union([rate, level])).exactOptional();
const basisPoints = z.number().int().min(0).max(10_000);

const backend = z.object({
  revisionId: z.string(),
  deployment: z.string(),
  revision: z.number().int().positive(),
  model: z.string(),
  version: z.string(),
  versionDigest: z.string(),
  engine: z.string(),
  image: z.string(),
  quantization: z.string().nullable(),
  servedModelName: z.string(),
  maxInFlightPerReplica: z.number().int().positive().nullable(),
  maxContextTokens: z.number().int().positive().nullable().exactOptional(),
  healthPath: z.string().startsWith('/'),
  replicas: z.array(replica),
});

const route = z.object({
  id: z.string(),
  project: z.string(),
  name: z.string(),
  split: z
    .array(z.object({ revisionId: z.string(), weight: z.number().int().min(0).max(10_000) }))
    .refine(
      (split) => split.length === 0 || split.reduce((sum, part) => sum + part.weight, 0) === 10_000,
      'weights sum to 10000',
    ),
  backends: z.array(backend),
  timeouts: z.object({
    firstByteMs: z.number().int().positive(),
    betweenBytesMs: z.number().int().positive(),
    totalMs: z.number().int().positive(),
  }),
  access: z.enum(['keys', 'open']),
  limits,
  queue: z
    .object({
      maxRequests: z.number().int().min(0),
      maxBytes: z.number().int().min(0),
      maxWaitMs: z.number().int().min(0),
    })
    .exactOptional(),
  routing: z.object({ weights: z.record(z.string(), z.number().min(0)) }).exactOptional(),
  sticky: z
    .union([z.object({ by: z.literal('key') }), z.object({ by: z.enum(['header', 'cookie']), name: z.string() })])
    .nullable()
    .exactOptional(),
  shadow: z
    .object({ revisionId: z.string(), basisPoints, maxConcurrent: z.number().int().positive().exactOptional() })
    .nullable()
    .exactOptional(),
  cors: z
    .object({ origins: z.array(z.string()), headers: z.array(z.string()), maxAgeSeconds: z.number().int().min(0) })
    .nullable()
    .exactOptional(),
  capture: z
    .object({ basisPoints, redact: z.array(z.string()) })
    .nullable()
    .exactOptional(),
  maxBodyBytes: z.number().int().positive().exactOptional(),
});

const key = z.object({
  id: z.string(),
  project: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  routes: z.array(z.string()),
  expiresAt: z.number().nullable(),
  limits,
  priority: z.enum(PRIORITY_CLASSES).exactOptional(),
  weight: z.number().positive().exactOptional(),
  mayPin: z.boolean().exactOptional(),
});

/** The snapshot on the wire and on disk. Unknown fields are dropped: a newer control plane may send more. */
export const snapshotSchema: z.ZodType<Snapshot> = z.object({
  format: z.literal(1),
  epoch: z.number().int().min(0),
  number: z.number().int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  routes: z.array(route),
  keys: z.array(key),
});
