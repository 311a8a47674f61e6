import { migrateDatabase, openDatabase } from '@signalbox/db';
import type { DeploymentId } from '@signalbox/domain';
import { createProducer } from '@signalbox/jobs';
import {
  type Clock,
  createLogger,
  createMetrics,
  createShutdown,
  type Readiness,
  type Shutdown,
  startAdminServer,
} from '@signalbox/runtime';
import { startApi } from './api.ts';
import { runControllers } from './controllers.ts';
import type { Env } from './env.ts';
import { clusterOpener } from './open-cluster.ts';

/** The object graph, in the order in which things start; they stop in the opposite one. */
export async function runControlPlane(env: Env, processEnv: NodeJS.ProcessEnv, clock: Clock): Promise<Shutdown> {
  const log = createLogger({
    service: 'control-plane',
    level: env.SIGNALBOX_LOG_LEVEL,
    format: env.SIGNALBOX_LOG_FORMAT,
  });
  const metrics = createMetrics();
  const shutdown = createShutdown(log);
  shutdown.onSignals();

  let started = false;
  const db = openDatabase({ connectionString: env.SIGNALBOX_DATABASE_URL, applicationName: 'signalbox', log, clock });
  const admin = await startAdminServer({
    host: env.SIGNALBOX_ADMIN_HOST,
    port: env.SIGNALBOX_ADMIN_PORT,
    metrics,
    readiness: async (): Promise<Readiness> => {
      if (!started) return { ready: false, because: 'starting' };
      try {
        await db.ping();
        return { ready: true };
      } catch {
        return { ready: false, because: 'the database does not answer' };
      }
    },
  });
  await migrateDatabase(env.SIGNALBOX_DATABASE_URL, { log });

  const queue = { url: env.SIGNALBOX_QUEUE_URL ?? env.SIGNALBOX_DATABASE_URL };
  const producer = createProducer(queue, log);
  const wake = (id: DeploymentId): Promise<void> => producer.wake('deployment', { id });
  const openCluster = clusterOpener({ env, processEnv, clock, log });
  const controllers = env.SIGNALBOX_ROLES.includes('controllers')
    ? runControllers({
        db,
        queue,
        producer,
        openCluster,
        usageRetentionDays: env.SIGNALBOX_USAGE_RETENTION_DAYS,
        clock,
        log,
      })
    : undefined;
  const api = env.SIGNALBOX_ROLES.includes('api')
    ? await startApi({ env, db, wake, openCluster, registry: controllers?.registry, clock, log, metrics })
    : undefined;

  if (api !== undefined) shutdown.add('api', () => api.stop());
  if (controllers !== undefined) shutdown.add('controllers', () => controllers.stop());
  shutdown.add('queue', () => producer.close());
  shutdown.add('database', () => db.close());
  shutdown.add('admin', () => admin.close());
  started = true;
  log.info('control plane ready', { roles: env.SIGNALBOX_ROLES, url: api?.url, adminUrl: admin.url });
  return shutdown;
}
