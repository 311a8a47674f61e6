import { defineEnv, envPort, envSecret } from '@signalbox/runtime';
import { z } from 'zod';
import { cidrProblem } from './callers/trusted-proxies.ts';
import { observeEnv } from './observe/observe-env.ts';

const milliseconds = z.coerce.number().int().min(0);
const flagged = <Value extends string>(values: readonly [Value, ...Value[]]) => z.enum(values);

/** Addresses and networks, separated by commas. */
const cidrs = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((cidr) => cidr.trim())
      .filter((cidr) => cidr !== ''),
  )
  .superRefine((list, context) => {
    for (const message of list.map(cidrProblem))
      if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

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
  /** Processes that carry traffic: `auto` is one per core, 0 is none beside the main process, which then does it all. */
  SIGNALBOX_GATEWAY_WORKERS: z
    .literal('auto')
    .or(z.coerce.number('use auto, or a number from 0 to 256').int().min(0).max(256))
    .default('auto'),
  /** `off` sends every request through Node's own HTTP server: slower, for who distrusts the fast path. */
  SIGNALBOX_GATEWAY_FAST_PATH: flagged(['on', 'off']).default('on'),
  ...observeEnv,
  /** Bound of the usage that waits on disk while the control plane is away; older records are merged near it. */
  SIGNALBOX_GATEWAY_USAGE_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(16 * 1024 * 1024)
    .default(10 * 1024 * 1024 * 1024),
  SIGNALBOX_GATEWAY_TLS_CERT_FILE: z.string().optional(),
  SIGNALBOX_GATEWAY_TLS_KEY_FILE: z.string().optional(),
  /** Of connections from trusted proxies; with it on, they must begin with its header. */
  SIGNALBOX_GATEWAY_PROXY_PROTOCOL: flagged(['off', 'v1', 'v2', 'any']).default('off'),
  /** Whose word is taken for whom they speak for: `X-Forwarded-For`, the PROXY protocol. */
  SIGNALBOX_GATEWAY_TRUSTED_PROXIES: cidrs.default([]),
  SIGNALBOX_GATEWAY_MAX_CONNECTIONS: z.coerce.number().int().min(1).default(20_000),
  SIGNALBOX_GATEWAY_MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).default(1_000),
  SIGNALBOX_LOG_LEVEL: flagged(['error', 'warn', 'info', 'debug']).default('info'),
  SIGNALBOX_LOG_FORMAT: flagged(['json', 'pretty']).default('json'),
});

export type Env = ReturnType<typeof readEnv>;
