import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gatewayReportSchema } from '@signalbox/contracts';
import type {
  GatewayReport,
  Snapshot,
  SnapshotBackend,
  SnapshotKey,
  SnapshotRoute,
  UsageRecord,
} from '@signalbox/domain';
import {
  createLineWriter,
  createMetrics,
  createRandomIds,
  type Fields,
  type Logger,
  newId,
  Secret,
  systemClock,
} from '@signalbox/runtime';
import { StoredAnswers } from './admission/idempotency/stored-answers.ts';
import { LimitMemory } from './admission/limits/limit-memory.ts';
import type { CallerEdges } from './callers/caller-edges.ts';
import { TrustedProxies } from './callers/trusted-proxies.ts';
import { DataPlane, type DataPlaneOptions } from './data-plane.ts';
import { Gateway, type GatewayOptions } from './gateway.ts';
import { exposeMetrics } from './observe/exposed-metrics.ts';
import { createGatewayMetrics } from './observe/gateway-metrics.ts';
import { createRequestLines } from './observe/request-lines.ts';
import { OneProcess } from './processes/one-process.ts';
import { ControlPlane } from './snapshot/control-plane.ts';
import { snapshotHash } from './snapshot/parse-snapshot.ts';
import { SnapshotDisk } from './snapshot/snapshot-disk.ts';
import { Spool } from './usage/spool.ts';
import { thisWriter } from './usage/writer-name.ts';

/** Polls a condition until it holds; fails loudly instead of waiting for ever. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`);
    await pause(10);
  }
}

export function backendOf(
  change: Partial<SnapshotBackend> & { revisionId: string; at: readonly string[] },
): SnapshotBackend {
  const { at, ...facts } = change;
  return {
    deployment: 'chat',
    revision: 1,
    model: 'tiny',
    version: 'v1',
    versionDigest: 'sha256:1',
    engine: 'simulated',
    image: 'simulated',
    quantization: null,
    servedModelName: 'tiny',
    maxInFlightPerReplica: null,
    healthPath: '/health',
    replicas: at.map((url) => ({
      id: `${facts.revisionId}-${new URL(url).port}`,
      address: new URL(url).host,
      state: 'serving',
    })),
    ...facts,
  };
}

export function routeOf(backends: readonly SnapshotBackend[], change: Partial<SnapshotRoute> = {}): SnapshotRoute {
  return {
    id: 'route-chat',
    project: 'default',
    name: 'chat',
    split: backends.map(({ revisionId }, index) => ({ revisionId, weight: index === 0 ? 10_000 : 0 })),
    backends,
    timeouts: { firstByteMs: 20_000, betweenBytesMs: 20_000, totalMs: 60_000 },
    access: 'open',
    ...change,
  };
}

export function snapshotOf(
  routes: readonly SnapshotRoute[],
  { keys = [], epoch = 1, number = 1 }: { keys?: readonly SnapshotKey[]; epoch?: number; number?: number } = {},
): Snapshot {
  return { format: 1, epoch, number, hash: snapshotHash(routes, keys), routes, keys };
}

/** A key of the project `default` that may call everything, unless said otherwise. Its secret is its id. */
export function keyOf(
  id: string,
  { secret = id, ...change }: Partial<SnapshotKey> & { secret?: string } = {},
): SnapshotKey {
  const hash = createHash('sha256').update(secret).digest('hex');
  return { id, project: 'default', hash, routes: ['*'], expiresAt: null, ...change };
}

export interface TestServer {
  url: string;
  close(): Promise<void>;
}

/** Any HTTP server on a free port; closing it cuts its connections. */
export async function serve(listener: RequestListener, port = 0): Promise<TestServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What the gateway asks engines of its own accord. */
export function isPoll(path: string | undefined): boolean {
  return path === '/health' || path === '/metrics' || path === '/v1/models';
}

export const token = 'sbg_test';

/** The control plane as a gateway sees it: a stream of whatever is published, and a place for reports. */
export class TestControlPlane {
  readonly reports: GatewayReport[] = [];
  /** As stored: each id once. */
  readonly usage = new Map<string, UsageRecord>();
  /** Of a batch of usage; `lost`: no answer comes. */
  takeUsage: (records: readonly UsageRecord[]) => 'stored' | 'refused' | 'lost' = (records) => {
    for (const record of records) this.usage.set(record.id, record);
    return 'stored';
  };
  /** Off: usage is answered for and not looked at, where the gateway is measured and this process is in its way. */
  readsUsage = true;
  readonly have: (string | null)[] = [];
  readonly #streams = new Set<ServerResponse>();
  #server: TestServer | undefined;
  #published: string | undefined;
  url = '';

  async start(port = 0): Promise<this> {
    this.#server = await serve((request, response) => this.#answer(request, response), port);
    this.url = this.#server.url;
    return this;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  publish(snapshot: Snapshot): void {
    this.publishText(JSON.stringify(snapshot));
  }

  publishText(text: string): void {
    this.#published = text;
    for (const stream of this.#streams) stream.write(eventOf(text));
  }

  get last(): GatewayReport | undefined {
    return this.reports.at(-1);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://control-plane');
    if (request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end();
    if (url.pathname.endsWith('/snapshots')) {
      this.have.push(url.searchParams.get('have'));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(this.#published === undefined ? ': waiting\n\n' : eventOf(this.#published));
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      return;
    }
    const isUsage = url.pathname.endsWith('/usage');
    const answerUsage = (status: number): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"stored":0,"known":0}');
    };
    if (isUsage && !this.readsUsage) return void request.resume().on('end', () => answerUsage(200));
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      if (isUsage) {
        const { records } = JSON.parse(body) as { records: UsageRecord[] };
        const taken = this.takeUsage(records);
        if (taken === 'lost') return void request.socket.destroy();
        return answerUsage(taken === 'stored' ? 200 : 503);
      }
      this.reports.push(gatewayReportSchema.parse(JSON.parse(body)));
      response.writeHead(204).end();
    });
  }
}

function eventOf(text: string): string {
  return `: beat\n\nevent: snapshot\nid: 0.0\ndata: ${text}\n\n`;
}

export interface LogLine extends Fields {
  level: string;
  message: string;
}

/** Keeps the lines, so that a test can say what an operator would read. */
export function recordingLogger(lines: LogLine[]): Logger {
  const at = (level: string) => (message: string, fields?: Fields) => void lines.push({ level, message, ...fields });
  const log: Logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), with: () => log };
  return log;
}

function linesIn(bytes: Buffer): LogLine[] {
  return bytes
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
}

/** Callers that speak plain HTTP from wherever they are. */
export const plainEdges: CallerEdges = {
  tls: null,
  proxyProtocol: 'off',
  trustedProxies: new TrustedProxies([]),
  maxConnections: 20_000,
  maxConnectionsPerAddress: 20_000,
};

export interface TestGateway {
  url: string;
  gateway: Gateway;
  lines: LogLine[];
  dataDir: string;
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export async function startTestGateway(
  controlPlaneUrl: string,
  change: Partial<Omit<GatewayOptions, 'disk' | 'limitMemory' | 'traffic' | 'metrics'> & DataPlaneOptions> & {
    dataDir?: string;
  } = {},
): Promise<TestGateway> {
  const { dataDir = await mkdtemp(join(tmpdir(), 'signalbox-gateway-')), ...options } = change;
  const lines: LogLine[] = [];
  const log = recordingLogger(lines);
  const metrics = createMetrics({ processMetrics: false });
  const gatewayId = 'gw-1';
  const bootId = newId();
  const ids = createRandomIds();
  const usageDir = await mkdtemp(join(tmpdir(), 'signalbox-usage-'));
  const book = new Spool({
    folder: usageDir,
    gatewayId,
    writer: thisWriter(bootId),
    events: { failing: () => undefined, recovered: () => undefined },
  });
  // The lines that go past the logger come to the same place.
  const writer = createLineWriter({ delayMs: 0, write: (bytes) => lines.push(...linesIn(bytes)) > 0 });
  const logRequest = createRequestLines(writer, { format: 'json', service: 'gateway', gatewayId, mode: 'all' });
  const gatewayMetrics = createGatewayMetrics();
  exposeMetrics(metrics, gatewayMetrics);
  const settings: DataPlaneOptions & Omit<GatewayOptions, 'traffic'> = {
    gatewayId,
    bootId,
    controlPlane: new ControlPlane({ url: controlPlaneUrl, gatewayId, token: new Secret(token) }),
    disk: new SnapshotDisk(dataDir, log),
    limitMemory: new LimitMemory({ folder: dataDir, clock: options.clock ?? systemClock, log }),
    clock: systemClock,
    monotonicMs: () => performance.now(),
    random: () => 0.5,
    newRequestId: ids.uuid,
    trace: { hex: ids.hex, ratio: 1 },
    book,
    capture: undefined,
    stored: new StoredAnswers(),
    ended: (call) => {
      logRequest(call);
      writer.flush();
    },
    log,
    metrics: gatewayMetrics,
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 50 * 1024 * 1024,
    bodyStallMs: 60_000,
    headersTimeoutMs: 30_000,
    edges: plainEdges,
    fastPath: true,
    lingerMs: 0,
    drainMs: 10_000,
    ...options,
  };
  const gateway = new Gateway({
    ...settings,
    traffic: (changed) => new OneProcess(new DataPlane(settings, gatewayMetrics, changed), settings.monotonicMs),
  });
  const { port } = await gateway.start();
  return {
    url: `http://127.0.0.1:${port}`,
    gateway,
    lines,
    dataDir,
    metrics: async () => (await metrics.render()).body,
    stop: async () => {
      await gateway.stop();
      await book.stop();
      await rm(usageDir, { recursive: true, force: true });
      if (change.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A control plane and a gateway that has applied the snapshot and checked its replicas. */
export async function startBoth(
  snapshot: Snapshot,
  change: Parameters<typeof startTestGateway>[1] = {},
): Promise<{ controlPlane: TestControlPlane; running: TestGateway; url: string; stop(): Promise<void> }> {
  const controlPlane = await new TestControlPlane().start();
  controlPlane.publish(snapshot);
  const running = await startTestGateway(controlPlane.url, change);
  await until('the snapshot is acknowledged', () => controlPlane.last?.applied.number === snapshot.number);
  await until(
    'live replicas are admitted',
    () => controlPlane.last?.replicas.every(({ admitted, ejected }) => admitted || ejected) ?? false,
  );
  const stop = async (): Promise<void> => {
    await running.stop();
    await controlPlane.close();
  };
  return { controlPlane, running, url: running.url, stop };
}

export async function chat(
  url: string,
  change: Record<string, unknown> = {},
  init: RequestInit = {},
): Promise<Response> {
  const body = { model: 'chat', messages: [{ role: 'user', content: 'hello' }], max_tokens: 8, ...change };
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });
}
