import { resolve } from 'node:path';
import {
  createLogger,
  createMetrics,
  createShutdown,
  EnvError,
  type Logger,
  monotonicMs,
  newId,
  startAdminServer,
  systemClock,
} from '@signalbox/runtime';
import { StoredAnswers } from './admission/idempotency/stored-answers.ts';
import { LimitMemory } from './admission/limits/limit-memory.ts';
import { edgesFrom } from './callers/caller-edges.ts';
import { DataPlane } from './data-plane.ts';
import type { Env } from './env.ts';
import { Gateway, type GatewayOptions } from './gateway.ts';
import { exposeMetrics, type ShownMetrics } from './observe/exposed-metrics.ts';
import { createGatewayMetrics, type GatewayMetrics } from './observe/gateway-metrics.ts';
import { GatheredMetrics } from './observe/gathered-metrics.ts';
import { OneProcess } from './processes/one-process.ts';
import { workersWanted } from './processes/process-count.ts';
import type { WorkerProgram } from './processes/worker-process.ts';
import { Workers } from './processes/workers.ts';
import { ControlPlane } from './snapshot/control-plane.ts';
import { gatewayIdIn } from './snapshot/gateway-id.ts';
import { SnapshotDisk } from './snapshot/snapshot-disk.ts';
import { openTrafficProcess } from './traffic-process.ts';
import { openDelivery } from './usage/open-usage.ts';

/** How long a gateway that stops goes on sending the usage that it has. */
const lastUsageMs = 3_000;

/** The gateway's main process: the port, the control plane, the disk, the admin port, and the workers. */
export async function runPrimary(env: Env, program: WorkerProgram): Promise<void> {
  const dataDir = resolve(env.SIGNALBOX_GATEWAY_DATA_DIR);
  const gatewayId = env.SIGNALBOX_GATEWAY_ID ?? (await gatewayIdIn(dataDir, newId));
  const log = createLogger({
    service: 'gateway',
    level: env.SIGNALBOX_LOG_LEVEL,
    format: env.SIGNALBOX_LOG_FORMAT,
  }).with({ gatewayId });
  const token = tokenOf(env);
  const carrier = await openCarrier(env, { gatewayId, log, program });
  const { bootId, metrics } = carrier;
  const delivery = openDelivery({
    ...{ dataDir, gatewayId, bootId, token, log },
    maxBytes: env.SIGNALBOX_GATEWAY_USAGE_MAX_BYTES,
    controlPlaneUrl: env.SIGNALBOX_CONTROL_PLANE_URL,
    random: Math.random,
  });
  metrics.onRead((levels) => {
    const { state } = delivery;
    levels.spool(state);
    levels.spoolRecords({ refused: state.refused });
  });
  const gateway = new Gateway({
    gatewayId,
    bootId,
    controlPlane: new ControlPlane({ url: env.SIGNALBOX_CONTROL_PLANE_URL, gatewayId, token }),
    disk: new SnapshotDisk(dataDir, log),
    limitMemory: new LimitMemory({ folder: dataDir, clock: systemClock, log }),
    clock: systemClock,
    random: Math.random,
    log,
    metrics,
    lingerMs: env.SIGNALBOX_GATEWAY_LINGER_MS,
    drainMs: env.SIGNALBOX_GATEWAY_DRAIN_MS,
    traffic: carrier.traffic,
  });
  const shown = createMetrics();
  exposeMetrics(shown, carrier.shown);
  const admin = await startAdminServer({
    host: env.SIGNALBOX_GATEWAY_ADMIN_HOST,
    port: env.SIGNALBOX_GATEWAY_ADMIN_PORT,
    metrics: shown,
    readiness: () => gateway.readiness(),
  });
  const shutdown = createShutdown(log);
  shutdown.add(
    'gateway',
    () => gateway.stop(),
    env.SIGNALBOX_GATEWAY_LINGER_MS + env.SIGNALBOX_GATEWAY_DRAIN_MS + 10_000,
  );
  shutdown.add('requests', () => carrier.stop());
  shutdown.add('usage', () => {
    delivery.retire(bootId);
    return delivery.stop(lastUsageMs);
  });
  shutdown.add('admin server', () => admin.close());
  shutdown.onSignals();
  delivery.start();
  const address = await gateway.start();
  process.on('SIGHUP', carrier.restart);
  log.info('listening', { ...address, admin: admin.url });
}

/** What carries requests: workers, or this process where none are wanted. */
interface Carrier {
  traffic: GatewayOptions['traffic'];
  bootId: string;
  /** Of this process. */
  metrics: GatewayMetrics;
  /** Of the whole gateway. */
  shown: ShownMetrics;
  restart: () => void;
  stop: () => Promise<void>;
}

interface CarrierOptions {
  gatewayId: string;
  log: Logger;
  program: WorkerProgram;
}

function openCarrier(env: Env, options: CarrierOptions): Promise<Carrier> | Carrier {
  const size = workersWanted(env.SIGNALBOX_GATEWAY_WORKERS);
  return size === 0 ? openHere(env, options) : openWorkers(env, size, options);
}

async function openHere(env: Env, { gatewayId, log }: CarrierOptions): Promise<Carrier> {
  const own = await openTrafficProcess(env, { gatewayId, log, place: 0, processes: 1 });
  own.start();
  const settings = { ...own.settings, stored: new StoredAnswers() };
  return {
    traffic: (changed) => new OneProcess(new DataPlane(settings, own.metrics, changed), monotonicMs),
    bootId: own.bootId,
    metrics: own.metrics,
    shown: own.metrics,
    restart: () => log.warn('there are no workers to restart; see SIGNALBOX_GATEWAY_WORKERS'),
    stop: () => own.stop(),
  };
}

function openWorkers(env: Env, size: number, { gatewayId, log, program }: CarrierOptions): Carrier {
  // Said here once, and not by every worker.
  edgesFrom(env, size);
  const metrics = createGatewayMetrics();
  const gathered = new GatheredMetrics(metrics);
  let workers: Workers | undefined;
  return {
    traffic: (changed) => {
      workers = new Workers({
        size,
        program: programOf(program, gatewayId),
        host: env.SIGNALBOX_GATEWAY_HOST,
        port: env.SIGNALBOX_GATEWAY_PORT,
        monotonicMs,
        log,
        drainMs: env.SIGNALBOX_GATEWAY_DRAIN_MS,
        changed,
        named: (routes) => gathered.keepOnly(routes),
        applied: (snapshot) => metrics.applied(snapshot, systemClock.now()),
        departed: (state) => gathered.departed(state),
      });
      return workers;
    },
    bootId: newId(),
    metrics,
    shown: { shapes: metrics.shapes, state: async () => gathered.sum((await workers?.metrics()) ?? []) },
    restart: () => void workers?.restart(),
    stop: async () => undefined,
  };
}

/** Workers are the same gateway, but have no business with the control plane. */
function programOf({ path, env }: WorkerProgram, gatewayId: string): WorkerProgram {
  const { SIGNALBOX_GATEWAY_TOKEN: _, ...rest } = env;
  return { path, env: { ...rest, SIGNALBOX_GATEWAY_ID: gatewayId } };
}

function tokenOf(env: Env) {
  if (env.SIGNALBOX_GATEWAY_TOKEN !== undefined) return env.SIGNALBOX_GATEWAY_TOKEN;
  if (env.SIGNALBOX_GATEWAY_TOKEN_FILE !== undefined) return { file: env.SIGNALBOX_GATEWAY_TOKEN_FILE };
  throw new EnvError(['SIGNALBOX_GATEWAY_TOKEN: set it or SIGNALBOX_GATEWAY_TOKEN_FILE']);
}
