import { resolve } from 'node:path';
import {
  createLineWriter,
  createLogger,
  createMetrics,
  createProcessReadings,
  createRandomIds,
  createShutdown,
  createTimeBound,
  EnvError,
  newId,
  startAdminServer,
  startTracing,
  systemClock,
  tracingSettings,
} from '@signalbox/runtime';
import { edgesFrom } from './callers/caller-edges.ts';
import { type Env, readEnv } from './env.ts';
import { Gateway } from './gateway.ts';
import { createCallTraces } from './observe/call-spans.ts';
import { Capture } from './observe/capture/capture.ts';
import { createRequestLines, type RequestLogMode } from './observe/request-lines.ts';
import { ControlPlane } from './snapshot/control-plane.ts';
import { gatewayIdIn } from './snapshot/gateway-id.ts';
import { SnapshotDisk } from './snapshot/snapshot-disk.ts';
import { openUsage } from './usage/open-usage.ts';

/** What redacting one captured call may take. */
const captureMs = 50;

async function run(env: Env): Promise<void> {
  const dataDir = resolve(env.SIGNALBOX_GATEWAY_DATA_DIR);
  const gatewayId = env.SIGNALBOX_GATEWAY_ID ?? (await gatewayIdIn(dataDir, newId));
  const log = createLogger({
    service: 'gateway',
    level: env.SIGNALBOX_LOG_LEVEL,
    format: env.SIGNALBOX_LOG_FORMAT,
  }).with({ gatewayId });
  const metrics = createMetrics();
  const bootId = newId();
  const ids = createRandomIds();
  const token = tokenOf(env);
  const lines = createLineWriter();
  const style = { format: env.SIGNALBOX_LOG_FORMAT, service: 'gateway', gatewayId };
  const tracing = await startTracing({ service: 'signalbox-gateway', instanceId: gatewayId, log });
  const usage = openUsage({ env, dataDir, gatewayId, bootId, token, random: Math.random, log });
  const logRequest = createRequestLines(lines, { ...style, mode: requestLogMode(env) });
  const traceCall = createCallTraces(tracing, ids.hex);
  const gateway = new Gateway({
    gatewayId,
    bootId,
    controlPlane: new ControlPlane({ url: env.SIGNALBOX_CONTROL_PLANE_URL, gatewayId, token }),
    disk: new SnapshotDisk(dataDir, log),
    clock: systemClock,
    monotonicMs: () => performance.now(),
    random: Math.random,
    newRequestId: ids.uuid,
    trace: { hex: ids.hex, ratio: tracingSettings().ratio },
    book: usage.spool,
    capture: new Capture({ writer: lines, style, log, within: createTimeBound(captureMs) }),
    ended: (call) => {
      logRequest(call);
      traceCall(call);
    },
    readings: createProcessReadings(),
    log,
    metrics,
    host: env.SIGNALBOX_GATEWAY_HOST,
    port: env.SIGNALBOX_GATEWAY_PORT,
    maxBodyBytes: env.SIGNALBOX_GATEWAY_MAX_BODY_BYTES,
    bodyStallMs: env.SIGNALBOX_GATEWAY_BODY_STALL_MS,
    headersTimeoutMs: env.SIGNALBOX_GATEWAY_HEADERS_TIMEOUT_MS,
    edges: edgesFrom(env),
    fastPath: env.SIGNALBOX_GATEWAY_FAST_PATH === 'on',
    lingerMs: env.SIGNALBOX_GATEWAY_LINGER_MS,
    drainMs: env.SIGNALBOX_GATEWAY_DRAIN_MS,
  });
  const admin = await startAdminServer({
    host: env.SIGNALBOX_GATEWAY_ADMIN_HOST,
    port: env.SIGNALBOX_GATEWAY_ADMIN_PORT,
    metrics,
    readiness: () => gateway.readiness(),
  });
  const shutdown = createShutdown(log);
  shutdown.add(
    'gateway',
    () => gateway.stop(),
    env.SIGNALBOX_GATEWAY_LINGER_MS + env.SIGNALBOX_GATEWAY_DRAIN_MS + 10_000,
  );
  shutdown.add('usage', () => usage.stop());
  shutdown.add('request log', () => lines.close());
  shutdown.add('traces', async () => tracing?.stop());
  shutdown.add('admin server', () => admin.close());
  shutdown.onSignals();
  usage.start();
  const address = await gateway.start();
  log.info('listening', { ...address, admin: admin.url });
}

/** A gateway that is to log less than INFO has no line per request. */
function requestLogMode(env: Env): RequestLogMode {
  const isQuiet = env.SIGNALBOX_LOG_LEVEL === 'error' || env.SIGNALBOX_LOG_LEVEL === 'warn';
  return isQuiet ? 'off' : env.SIGNALBOX_GATEWAY_REQUEST_LOG;
}

function tokenOf(env: Env) {
  if (env.SIGNALBOX_GATEWAY_TOKEN !== undefined) return env.SIGNALBOX_GATEWAY_TOKEN;
  if (env.SIGNALBOX_GATEWAY_TOKEN_FILE !== undefined) return { file: env.SIGNALBOX_GATEWAY_TOKEN_FILE };
  throw new EnvError(['SIGNALBOX_GATEWAY_TOKEN: set it or SIGNALBOX_GATEWAY_TOKEN_FILE']);
}

function explained(error: unknown): string {
  if (error instanceof EnvError) return error.message;
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use. Set SIGNALBOX_GATEWAY_PORT or SIGNALBOX_GATEWAY_ADMIN_PORT to another one.`;
  return `The gateway could not start: ${message}`;
}

try {
  await run(readEnv());
} catch (error) {
  console.error(explained(error));
  process.exit(1);
}
