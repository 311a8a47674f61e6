import type { Snapshot } from '@signalbox/domain';
import { z } from 'zod';

const replica = z.object({
  id: z.string(),
  address: z.string().regex(/^[^\s:/@]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'host:port'),
  state: z.enum(['admitting', 'serving', 'draining']),
});

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
});

const key = z.object({
  id: z.string(),
  project: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  routes: z.array(z.string()),
  expiresAt: z.number().nullable(),
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
