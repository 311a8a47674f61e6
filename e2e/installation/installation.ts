import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@signalbox/client';
import { newRequestId, newToken, Secret } from '@signalbox/runtime';
import { testDatabase } from '@signalbox/testkit/postgres';
import { replicaPid, replicaPids, stopAllReplicas } from './local-replicas.ts';
import { freePort, Part } from './process.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..', '..');

/** A whole Signalbox of real processes on ports and data of its own. */
export interface Installation {
  client: Client;
  /** `http://127.0.0.1:port` of the first gateway. */
  gatewayUrl: string;
  token: string;
  url: string;
  controlPlanes: readonly Part[];
  gateways: readonly Part[];
  gatewayUrls: readonly string[];
  /** Where `/healthz`, `/readyz` and `/metrics` of each gateway are. */
  gatewayAdminUrls: readonly string[];
  /** Of each control plane; `client` is the first one's. */
  clients: readonly Client[];
  databaseUrl: string;
  /** Where logs, cluster state and snapshots lie. */
  dir: string;
  apply(...documents: string[]): ReturnType<Client['apply']>;
  createKey(): Promise<string>;
  /** Runs until every replica that should serve does. */
  untilServing(deployment: string, version: string, replicas: number): Promise<void>;
  /** After a start: until the part's own `/readyz` says so. */
  untilReady(part: Part): Promise<void>;
  replicaPids(): readonly number[];
  /** Undefined when the local cluster runs no process for it. */
  replicaPid(id: string): number | undefined;
  logs(part: string): string;
  stop(): Promise<void>;
}

export interface InstallationOptions {
  /** A database of the caller's, which it may kill; otherwise one of the run's Postgres. */
  databaseUrl?: string;
  gateways?: number;
  controlPlanes?: number;
  env?: Readonly<Record<string, string>>;
}

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const database = options.databaseUrl === undefined ? await testDatabase() : undefined;
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-e2e-'));
  const databaseUrl = options.databaseUrl ?? database?.url ?? '';
  const token = newToken('sbt');
  const gatewayToken = newToken('sbg');
  const names = (count: number, name: string) => Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);

  const controlPlanes: { part: Part; url: string; adminUrl: string }[] = [];
  for (const name of names(options.controlPlanes ?? 1, 'control-plane')) {
    const [port, adminPort] = [await freePort(), await freePort()];
    const env = {
      SIGNALBOX_DATABASE_URL: databaseUrl,
      SIGNALBOX_PORT: String(port),
      SIGNALBOX_ADMIN_PORT: String(adminPort),
      SIGNALBOX_BOOTSTRAP_TOKEN: token,
      SIGNALBOX_BOOTSTRAP_GATEWAY_TOKEN: gatewayToken,
      SIGNALBOX_LOCAL_CLUSTER_DIR: join(dir, 'cluster'),
      SIGNALBOX_LOG_LEVEL: 'debug',
      ...options.env,
    };
    const part = new Part({
      name,
      program: join(root, 'apps/control-plane/src/main.ts'),
      env,
      logFile: join(dir, `${name}.log`),
    });
    controlPlanes.push({ part, url: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${adminPort}` });
  }
  const url = controlPlanes[0]?.url ?? '';
  const gateways: { part: Part; url: string; adminUrl: string }[] = [];
  for (const [i, name] of names(options.gateways ?? 1, 'gateway').entries()) {
    const [port, adminPort] = [await freePort(), await freePort()];
    const env = {
      SIGNALBOX_CONTROL_PLANE_URL: controlPlanes[i % controlPlanes.length]?.url ?? url,
      SIGNALBOX_GATEWAY_TOKEN: gatewayToken,
      SIGNALBOX_GATEWAY_ID: name,
      SIGNALBOX_GATEWAY_DATA_DIR: join(dir, name),
      SIGNALBOX_GATEWAY_PORT: String(port),
      SIGNALBOX_GATEWAY_ADMIN_PORT: String(adminPort),
    };
    const part = new Part({
      name,
      program: join(root, 'apps/gateway/src/main.ts'),
      env,
      logFile: join(dir, `${name}.log`),
    });
    gateways.push({ part, url: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${adminPort}` });
  }
  const stop = async (): Promise<void> => {
    await Promise.all([...gateways, ...controlPlanes].map(({ part }) => part.kill('SIGKILL')));
    await stopAllReplicas(dir);
    await database?.close();
    rmSync(dir, { recursive: true, force: true });
  };
  const parts = [...controlPlanes, ...gateways];
  const untilReady = async (part: Part): Promise<void> => {
    const adminUrl = parts.find((candidate) => candidate.part === part)?.adminUrl;
    const look = async (): Promise<boolean> => {
      if (!part.isRunning) throw new Error(`${part.name} has ended`);
      return answers(`${adminUrl}/readyz`);
    };
    // A loaded machine takes its time; a part that has ended is told apart by its log.
    await until(`${part.name} is ready`, look, { withinMs: 90_000 });
  };
  try {
    for (const { part } of parts) part.start();
    for (const { part } of parts) await untilReady(part);
  } catch (error) {
    const tails = parts.map(({ part }) => `${part.name}:\n${lastLines(readLog(dir, part.name))}`);
    await stop();
    throw new Error(`the installation did not start\n${tails.join('\n')}`, { cause: error });
  }
  const clients = controlPlanes.map((controlPlane) =>
    createClient({
      url: controlPlane.url,
      token: new Secret(token),
      userAgent: 'signalbox-e2e',
      newIdempotencyKey: newRequestId,
    }),
  );
  const [client] = clients;
  if (client === undefined) throw new Error('an installation needs a control plane');
  return {
    client,
    clients,
    databaseUrl,
    url,
    token,
    gatewayUrl: gateways[0]?.url ?? '',
    gatewayUrls: gateways.map((gateway) => gateway.url),
    gatewayAdminUrls: gateways.map((gateway) => gateway.adminUrl),
    controlPlanes: controlPlanes.map(({ part }) => part),
    gateways: gateways.map(({ part }) => part),
    dir,
    apply: (...documents) =>
      client.apply({ body: { source: 'e2e', sources: documents.map((text, i) => ({ file: `${i + 1}.yaml`, text })) } }),
    createKey: async () => {
      const { key } = await client.createKey({ body: { name: `key-${newRequestId()}`, routes: ['*'] } });
      if (key === null) throw new Error('the key was not shown');
      return key;
    },
    untilServing: async (deployment, version, replicas) => {
      await until(
        `${deployment} serves ${version} with ${replicas} replicas`,
        async () => {
          const { status } = await client.getDeployment({ params: { name: deployment } });
          const whole = status.split.find((part) => part.version === version)?.percent === 100;
          const { items } = await client.listReplicas({ params: { name: deployment } });
          const serving = items.filter((replica) => replica.version === version && replica.traffic === 'serving');
          return whole && serving.length === replicas;
        },
        { withinMs: 60_000 },
      );
    },
    untilReady,
    replicaPids: () => replicaPids(dir),
    replicaPid: (id) => replicaPid(dir, id),
    logs: (part) => readLog(dir, part),
    stop,
  };
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-8);
  return lines.map((line) => line.slice(0, 500)).join('\n');
}

function readLog(dir: string, part: string): string {
  try {
    return readFileSync(join(dir, `${part}.log`), 'utf8');
  } catch {
    return '';
  }
}
