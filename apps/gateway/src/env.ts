import { defineEnv, envPort, envSecret } from '@signalbox/runtime';
import { z } from 'zod';
import { observeEnv } from './observe/observe-env.ts';

const milliseconds = z.coerce.number().int().min(0);
const flagged = <Value extends string>(values: readonly [Value, ...Value[]]) => z.enum(values);

export const readEnv = defineEnv({
  SIGNALBOX_CONTROL_PLANE_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4600'),
  SIGNALBOX_GATEWAY_TOKEN: envSecret.optional(),
  /** Read anew for every connection, so that a token can be rotated, or written after the gateway has started. */
  SIGNALBOX_GATEWAY_TOKEN_FILE: z.string().optional(),
  SIGNALBOX_GATEWAY_ID: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,100}$/, 'use 1 to 100 of a-z A-Z 0-9 . _ -')
    .optional(),
  SIGNALBOX_GATEWAY_DATA_DIR: z.string().default('.signalbox/gateway'),
  SIGNALBOX_GATEWAY_HOST: z.string().default('127.0.0.1'),
  SIGNALBOX_GATEWAY_PORT: envPort.default(4601),
  SIGNALBOX_GATEWAY_ADMIN_HOST: z.string().default('127.0.0.1'),
  SIGNALBOX_GATEWAY_ADMIN_PORT: envPort.default(4611),
  SIGNALBOX_GATEWAY_LINGER_MS: milliseconds.default(0),
  SIGNALBOX_GATEWAY_DRAIN_MS: milliseconds.default(30_000),
  SIGNALBOX_GATEWAY_MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .default(50 * 1024 * 1024),
  SIGNALBOX_GATEWAY_HEADERS_TIMEOUT_MS: milliseconds.min(1).default(30_000),
  SIGNALBOX_GATEWAY_BODY_STALL_MS: milliseconds.min(1).default(60_000),
  /** `off` sends every request through Node's own HTTP server: slower, for who distrusts the fast path. */
  SIGNALBOX_GATEWAY_FAST_PATH: flagged(['on', 'off']).default('on'),
  ...observeEnv,
  /** Bound of the usage that waits on disk while the control plane is away; older records are merged near it. */
  SIGNALBOX_GATEWAY_USAGE_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(16 * 1024 * 1024)
    .default(10 * 1024 * 1024 * 1024),
  SIGNALBOX_LOG_LEVEL: flagged(['error', 'warn', 'info', 'debug']).default('info'),
  SIGNALBOX_LOG_FORMAT: flagged(['json', 'pretty']).default('json'),
});

export type Env = ReturnType<typeof readEnv>;
