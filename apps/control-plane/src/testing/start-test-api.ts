import { type Database, openDatabase, repositories } from '@signalbox/db';
import type { DeploymentId } from '@signalbox/domain';
import { createMetrics, type Logger, silentLogger, systemClock } from '@signalbox/runtime';
import { testDatabase } from '@signalbox/testkit/postgres';
import { RolloutsService } from '../controllers/rollouts/index.ts';
import { applyRoutes } from '../features/apply/index.ts';
import {
  DeploymentReader,
  deploymentRoutes,
  ExplainService,
  type ReplicaLogs,
  ReplicaService,
  RevisionReader,
  RolloutService,
  rolloutRoutes,
} from '../features/deployments/index.ts';
import { gatewayRoutes } from '../features/gateways/index.ts';
import { ensureDefaultProject, installationRoutes } from '../features/installation/index.ts';
import { KeyService, keyRoutes } from '../features/keys/index.ts';
import { ChangeFeed, LedgerService, recordRoutes } from '../features/records/index.ts';
import { installationKindRoutes, modelRoutes, removeRoutes } from '../features/resources/index.ts';
import { routeRoutes } from '../features/routes/index.ts';
import { huggingFaceResolver } from '../features/sources/index.ts';
import { ensureBootstrapToken, TokenService, tokenRoutes } from '../features/tokens/index.ts';
import { usageRoutes } from '../features/usage/index.ts';
import { createApp, createAuthenticator, hashOf, type ListenOptions, listen } from '../http/index.ts';
import { type ApiCaller, apiCaller } from './api-caller.ts';

export interface TestApi extends ApiCaller {
  adminToken: string;
  url: string;
  port: number;
  database: Database;
  /** What the last lines of replicas are. */
  logs: Map<string, readonly string[]>;
  /** Deployments whose controllers were woken, in order. */
  woken: DeploymentId[];
  stop(): Promise<void>;
}

export interface TestApiOptions {
  hubUrl?: string | null;
  /** Puts something between the API and Postgres. */
  through?: (databaseUrl: string) => Promise<string>;
  log?: Logger;
  listen?: Partial<ListenOptions>;
}

const silentAfterMs = 5_000;

/** The whole API on a real socket and a database of its own; controllers do not run. */
export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const stored = await testDatabase();
  const clock = systemClock;
  const log = options.log ?? silentLogger;
  const connectionString = (await options.through?.(stored.url)) ?? stored.url;
  const database = openDatabase({ connectionString, applicationName: 'test-api' });
  const authenticator = createAuthenticator(repositories(database).apiTokens, clock);
  const woken: DeploymentId[] = [];
  const logs = new Map<string, readonly string[]>();
  const wake = async (id: DeploymentId): Promise<void> => void woken.push(id);
  const replicaLogs: ReplicaLogs = { read: async ({ replica }) => logs.get(replica) ?? [] };
  const rollouts = new RolloutsService({
    db: database,
    clock,
    traffic: { push: async () => [] },
    wake: (id) => void woken.push(id),
  });
  const changes = { database, clock, log, wake };
  const feed = new ChangeFeed(changes);
  const onDeployments = {
    deployments: new DeploymentReader(database),
    revisions: new RevisionReader(database),
    rollouts: new RolloutService({ ...changes, rollouts }),
    replicas: new ReplicaService({ ...changes, restarts: rollouts, logs: replicaLogs, silentAfterMs }),
    explanations: new ExplainService({ database, clock, logs: replicaLogs, silentAfterMs }),
  };
  const resolver = huggingFaceResolver({ baseUrl: options.hubUrl ?? null, token: null });
  const stopping = new AbortController();
  const app = createApp({
    authenticator,
    idempotency: { keys: repositories(database).idempotency, clock },
    log,
    metrics: createMetrics({ processMetrics: false }),
    stopping: stopping.signal,
    version: '0.0.0-test',
    handlers: {
      ...applyRoutes({ ...changes, rollouts, resolver }),
      ...installationKindRoutes(database),
      ...modelRoutes(database),
      ...routeRoutes(database),
      ...removeRoutes(changes),
      ...deploymentRoutes(onDeployments),
      ...rolloutRoutes(onDeployments),
      ...keyRoutes(new KeyService(changes), async () => undefined),
      ...tokenRoutes(new TokenService({ ...changes, authenticator })),
      ...recordRoutes({ database, feed, ledger: new LedgerService(database) }),
      ...gatewayRoutes({ database, clock, silentAfterMs }),
      ...usageRoutes({ database, clock }),
      ...installationRoutes('0.0.0-test'),
    },
  });
  await ensureDefaultProject(database, clock);
  await ensureBootstrapToken(database, clock, hashOf(adminToken));
  const server = await listen(app, { host: '127.0.0.1', port: 0, ...options.listen });
  return {
    ...apiCaller(server.url, adminToken),
    adminToken,
    url: server.url,
    port: server.port,
    database,
    logs,
    woken,
    async stop() {
      stopping.abort();
      await server.close(1_000);
      await feed.stop();
      await database.close();
      await stored.close();
    },
  };
}

const adminToken = 'sbx_api_the-admin-of-this-test';
