import { resolve } from 'node:path';
import {
  createLineWriter,
  createProcessReadings,
  createRandomIds,
  createTimeBound,
  type Logger,
  monotonicMs,
  newId,
  startTracing,
  systemClock,
  tracingSettings,
} from '@signalbox/runtime';
import { edgesFrom } from './callers/caller-edges.ts';
import type { DataPlaneOptions } from './data-plane.ts';
import type { Env } from './env.ts';
import { createCallTraces } from './observe/call-spans.ts';
import { Capture } from './observe/capture/capture.ts';
import { createGatewayMetrics, type GatewayMetrics } from './observe/gateway-metrics.ts';
import { createRequestLines, type RequestLogMode } from './observe/request-lines.ts';
import { openSpool } from './usage/open-usage.ts';

/** What redacting one captured call may take. */
const captureMs = 50;
/**
 * Small buffers are cut out of larger ones, each of which the garbage collector looks after by itself: with Node's own
 * 8 KB that was one for every eight requests.
 */
const poolBytes = 256 * 1_024;

/** What a process that carries requests has beside them: where usage, lines, traces and counts of calls go. */
export interface TrafficProcess {
  /** But for where answers are stored, which the process itself knows. */
  settings: Omit<DataPlaneOptions, 'stored'>;
  metrics: GatewayMetrics;
  /** Of this start of this process. */
  bootId: string;
  start(): void;
  /** Writes out what is held back. */
  stop(): Promise<void>;
}

/** The same for the one process and for every worker; `place` is the worker's number, and there are `processes`. */
export async function openTrafficProcess(
  env: Env,
  options: { gatewayId: string; log: Logger; place: number; processes: number },
): Promise<TrafficProcess> {
  const { gatewayId, log, place, processes } = options;
  Buffer.poolSize = poolBytes;
  const bootId = newId();
  const ids = createRandomIds();
  const lines = createLineWriter();
  const style = { format: env.SIGNALBOX_LOG_FORMAT, service: 'gateway', gatewayId };
  const traces = tracingSettings();
  const tracing = await startTracing({ service: 'signalbox-gateway', instanceId: gatewayId, log, settings: traces });
  const logRequest = createRequestLines(lines, { ...style, mode: requestLogMode(env) });
  const traceCall = createCallTraces(tracing, ids.hex);
  const dataDir = resolve(env.SIGNALBOX_GATEWAY_DATA_DIR);
  const maxBytes = env.SIGNALBOX_GATEWAY_USAGE_MAX_BYTES;
  const metrics = createGatewayMetrics({ worker: `${place}`, readings: createProcessReadings() });
  const spool = openSpool({ dataDir, gatewayId, bootId, maxBytes, log });
  metrics.onRead((levels) => levels.spoolRecords({ open: spool.state.openReservations }));
  return {
    settings: {
      clock: systemClock,
      monotonicMs,
      random: Math.random,
      newRequestId: ids.uuid,
      log,
      host: env.SIGNALBOX_GATEWAY_HOST,
      port: env.SIGNALBOX_GATEWAY_PORT,
      edges: edgesFrom(env, processes),
      maxBodyBytes: env.SIGNALBOX_GATEWAY_MAX_BODY_BYTES,
      bodyStallMs: env.SIGNALBOX_GATEWAY_BODY_STALL_MS,
      headersTimeoutMs: env.SIGNALBOX_GATEWAY_HEADERS_TIMEOUT_MS,
      fastPath: env.SIGNALBOX_GATEWAY_FAST_PATH === 'on',
      trace: { hex: ids.hex, ratio: traces.ratio },
      book: spool,
      capture: new Capture({ writer: lines, style, log, within: createTimeBound(captureMs) }),
      ended: (call) => {
        logRequest(call);
        traceCall(call);
      },
    },
    metrics,
    bootId,
    start: () => spool.start(),
    stop: async () => {
      await spool.stop();
      await lines.close();
      await tracing?.stop();
    },
  };
}

/** A gateway that is to log less than INFO has no line per request. */
function requestLogMode(env: Env): RequestLogMode {
  const isQuiet = env.SIGNALBOX_LOG_LEVEL === 'error' || env.SIGNALBOX_LOG_LEVEL === 'warn';
  return isQuiet ? 'off' : env.SIGNALBOX_GATEWAY_REQUEST_LOG;
}
