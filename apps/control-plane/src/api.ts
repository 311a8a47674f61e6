import { type Database, repositories } from '@signalbox/db';
import type { Cluster, DeploymentId } from '@signalbox/domain';
import type { Clock, Logger, Metrics } from '@signalbox/runtime';
import type { ClusterRegistry, KnownCluster } from './controllers/clusters/index.ts';
import { startResync } from './controllers/loop/index.ts';
import { RolloutsService, type TrafficPush } from './controllers/rollouts/index.ts';
import { GATEWAY_SILENT_MS } from './controllers/world/index.ts';
import type { Env } from './env.ts';
import { applyRoutes } from './features/apply/index.ts';
import type { ChangeDeps } from './features/change.ts';
import {
  DeploymentReader,
  deploymentRoutes,
  ExplainService,
  ReplicaService,
  RevisionReader,
  RolloutService,
  rolloutRoutes,
} from './features/deployments/index.ts';
import { gatewayRoutes } from './features/gateways/index.ts';
import { ensureDefaultProject, installationRoutes } from './features/installation/index.ts';
import { KeyService, keyRoutes } from './features/keys/index.ts';
import { ChangeFeed, LedgerService, recordRoutes } from './features/records/index.ts';
import { installationKindRoutes, modelRoutes, removeRoutes } from './features/resources/index.ts';
import { routeRoutes } from './features/routes/index.ts';
import { huggingFaceResolver } from './features/sources/index.ts';
import { ensureBootstrapToken, TokenService, tokenRoutes } from './features/tokens/index.ts';
import { usageRoutes } from './features/usage/index.ts';
import { createApp, createAuthenticator, hashOf, listen } from './http/index.ts';
import { replicaLogs } from './read-logs.ts';
import {
  awaitAcknowledgements,
  GatewayReports,
  gatewayOperations,
  SnapshotPublisher,
  SnapshotStreams,
} from './snapshot/index.ts';
import { VERSION } from './version.ts';

/** Well under the bound after which a gateway takes its stream for dead. */
const HEARTBEAT_MS = 5_000;
const KEY_SETTLE_MS = 1_000;

export interface ApiOptions {
  env: Env;
  db: Database;
  wake: (id: DeploymentId) => Promise<void>;
  openCluster: (known: KnownCluster) => Cluster;
  registry: ClusterRegistry | undefined;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

/** What people, pipelines and gateways talk to. */
export async function startApi(options: ApiOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const { env, db, clock, log, metrics } = options;
  await ensureDefaultProject(db, clock);
  await ensureTokens(env, db, clock);

  const wakeNow = (id: DeploymentId): void => void options.wake(id);
  const streams = new SnapshotStreams(log);
  const publisher = new SnapshotPublisher({ db, streams, log });
  const reports = new GatewayReports({
    db,
    clock,
    silentMs: GATEWAY_SILENT_MS,
    wake: wakeNow,
    deploymentOf: (id) => publisher.deploymentOf(id),
    limitOf: (id) => publisher.limitOf(id),
  });
  const push: TrafficPush['push'] = async (wanted, since, timeoutMs) => {
    // Pushed from here at once: the notification of the database would come a moment later.
    await publisher.refresh();
    return awaitAcknowledgements({ db, clock, reports, silentMs: GATEWAY_SILENT_MS }, wanted, since, timeoutMs);
  };
  const rollouts = new RolloutsService({ db, clock, wake: wakeNow, traffic: { push } });
  /** A new key works, and a revoked one doesn't, when the answer is there; a gateway that is away is not waited for long. */
  const settled = async (): Promise<void> => {
    await push(await repositories(db).snapshotState.current(), clock.now(), KEY_SETTLE_MS);
  };
  const changes: ChangeDeps = { database: db, clock, log, wake: options.wake };
  const logs = replicaLogs(options);
  const authenticator = createAuthenticator(repositories(db).apiTokens, clock);
  const feed = new ChangeFeed({ database: db, clock });
  const silentAfterMs = GATEWAY_SILENT_MS;
  const deployments = {
    deployments: new DeploymentReader(db),
    revisions: new RevisionReader(db),
    rollouts: new RolloutService({ ...changes, rollouts }),
    replicas: new ReplicaService({ ...changes, restarts: rollouts, logs, silentAfterMs }),
    explanations: new ExplainService({ database: db, clock, logs, silentAfterMs }),
  };
  const resolver = huggingFaceResolver({ baseUrl: env.SIGNALBOX_HUB_URL, token: env.SIGNALBOX_HUB_TOKEN ?? null });

  const stopping = new AbortController();
  const app = createApp({
    authenticator,
    idempotency: { keys: repositories(db).idempotency, clock },
    log,
    metrics,
    stopping: stopping.signal,
    version: VERSION,
    handlers: {
      ...applyRoutes({ ...changes, rollouts, resolver }),
      ...installationKindRoutes(db),
      ...modelRoutes(db),
      ...routeRoutes(db),
      ...removeRoutes(changes),
      ...deploymentRoutes(deployments),
      ...rolloutRoutes(deployments),
      ...keyRoutes(new KeyService({ database: db, clock }), settled),
      ...tokenRoutes(new TokenService({ database: db, clock, authenticator })),
      ...recordRoutes({ database: db, ledger: new LedgerService(db), feed }),
      ...gatewayRoutes({ database: db, clock, silentAfterMs }),
      ...usageRoutes({ database: db, clock }),
      ...installationRoutes(VERSION),
      ...gatewayOperations(streams, reports),
    },
  });
  await publisher.start();
  const server = await listen(app, { host: env.SIGNALBOX_HOST, port: env.SIGNALBOX_PORT });
  const heartbeat = startResync({
    name: 'heartbeat',
    everyMs: HEARTBEAT_MS,
    work: async () => {
      streams.heartbeat();
      await publisher.refresh();
    },
    clock,
    log,
  });
  return {
    url: server.url,
    stop: async () => {
      stopping.abort();
      await heartbeat.stop();
      streams.closeAll();
      await server.close(2_000);
      await publisher.stop();
      await feed.stop();
    },
  };
}

async function ensureTokens(env: Env, db: Database, clock: Clock): Promise<void> {
  const given = [
    { role: 'admin' as const, token: env.SIGNALBOX_BOOTSTRAP_TOKEN },
    { role: 'gateway' as const, token: env.SIGNALBOX_BOOTSTRAP_GATEWAY_TOKEN },
  ];
  for (const { role, token } of given) {
    if (token !== undefined) await ensureBootstrapToken(db, clock, hashOf(token.reveal()), role);
  }
}
