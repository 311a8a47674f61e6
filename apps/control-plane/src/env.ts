import { defineEnv, envPort, envSecret } from '@signalbox/runtime';
import { z } from 'zod';

const roles = z
  .string()
  .default('api,controllers')
  .transform((text) => text.split(',').map((role) => role.trim()))
  .pipe(z.array(z.enum(['api', 'controllers'])).min(1));

/** Settings of the control plane. docs/settings.md explains each; a test insists. */
export const readEnv = defineEnv({
  SIGNALBOX_DATABASE_URL: envSecret.describe('Postgres, as postgres://user:password@host:port/database'),
  SIGNALBOX_QUEUE_URL: envSecret.optional().describe('Job queue; default: the same Postgres. redis://… for Redis'),
  SIGNALBOX_ROLES: roles.describe('What this process does: api, controllers, or both'),
  SIGNALBOX_HOST: z.string().default('127.0.0.1').describe('Address of the API; loopback unless you say otherwise'),
  SIGNALBOX_PORT: envPort.default(4600).describe('Port of the API'),
  SIGNALBOX_ADMIN_HOST: z.string().default('127.0.0.1').describe('Address of /healthz, /readyz and /metrics'),
  SIGNALBOX_ADMIN_PORT: envPort.default(4610).describe('Port of /healthz, /readyz and /metrics'),
  SIGNALBOX_BOOTSTRAP_TOKEN: envSecret.optional().describe('First admin token; without one, none exists'),
  SIGNALBOX_BOOTSTRAP_GATEWAY_TOKEN: envSecret.optional().describe('Token that gateways present'),
  SIGNALBOX_LOCAL_CLUSTER_DIR: z.string().default('.signalbox/cluster').describe('State of local clusters'),
  SIGNALBOX_SIMULATED_ENGINE: z.string().optional().describe('Program of the simulated engine, for local clusters'),
  SIGNALBOX_INSTANCE: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/)
    .default('signalbox')
    .describe('Tells several Signalbox installations on one Kubernetes cluster apart'),
  SIGNALBOX_HUB_URL: z
    .url()
    .default('https://huggingface.co')
    .describe('Where moving Hugging Face references are resolved'),
  SIGNALBOX_HUB_TOKEN: envSecret.optional().describe('Token for that'),
  SIGNALBOX_USAGE_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(30)
    .describe('How long usage records of single requests are kept; sums by the hour stay'),
  SIGNALBOX_LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  SIGNALBOX_LOG_FORMAT: z.enum(['json', 'pretty']).default('json'),
});

export type Env = ReturnType<typeof readEnv>;
