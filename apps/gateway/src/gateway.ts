import type { GatewayReport, Snapshot } from '@signalbox/domain';
import type { Clock, Logger, Metrics, Readiness } from '@signalbox/runtime';
import { ConsumerKeys } from './admission/consumer-keys.ts';
import { HealthChecks } from './health/health-checks.ts';
import { Counters } from './observe/counters.ts';
import { createGatewayMetrics } from './observe/gateway-metrics.ts';
import { bothOf } from './observe/observers.ts';
import { Reporter } from './observe/reporter.ts';
import { logRequest } from './observe/request-log.ts';
import { Answers } from './proxy/answer.ts';
import { callerErrors } from './proxy/caller-error.ts';
import { Exchange, type ExchangeParts } from './proxy/exchange.ts';
import { handleCall, type View } from './proxy/handle-call.ts';
import { CallerServer } from './proxy/server.ts';
import { Fleet } from './routing/fleet.ts';
import { buildRoutingTable, emptyTable } from './routing/routing-table.ts';
import type { ControlPlane } from './snapshot/control-plane.ts';
import type { SnapshotDisk } from './snapshot/snapshot-disk.ts';
import { SnapshotKeeper } from './snapshot/snapshot-keeper.ts';
import { SnapshotStream } from './snapshot/snapshot-stream.ts';

export interface GatewayOptions {
  gatewayId: string;
  bootId: string;
  controlPlane: Pick<ControlPlane, 'snapshots' | 'report' | 'close'>;
  disk: SnapshotDisk;
  clock: Clock;
  monotonicMs: () => number;
  random: () => number;
  newRequestId: () => string;
  log: Logger;
  metrics: Metrics;
  host: string;
  port: number;
  maxBodyBytes: number;
  bodyStallMs: number;
  headersTimeoutMs: number;
  lingerMs: number;
  drainMs: number;
}

export interface Gateway {
  start(): Promise<{ host: string; port: number }>;
  readiness(): Readiness;
  /** Takes no more, finishes what runs, says good-bye to the control plane. */
  stop(): Promise<void>;
}

/** The object graph of the data plane: a snapshot comes in, a view goes to the request path, counts go back. */
export function createGateway(options: GatewayOptions): Gateway {
  const { clock, log, monotonicMs } = options;
  const startedAt = clock.now();
  const counters = new Counters();
  const metrics = createGatewayMetrics(options.metrics);
  let view: View | undefined;
  let draining = false;

  const checks = new HealthChecks({
    checked: (replica, passed) => fleet.checked(replica, passed),
    random: options.random,
  });
  const fleet: Fleet = new Fleet({
    now: () => clock.now(),
    events: {
      changed: () => reporter.now(),
      appeared: (replica) => checks.watch(replica),
      left: (replica) => checks.forget(replica),
      ejected: (replica, because) => {
        metrics.ejected(because);
        log.warn('replica ejected', { replicaId: replica.id, because });
      },
      returned: (replica) => log.info('replica returned', { replicaId: replica.id }),
    },
  });

  const apply = (snapshot: Snapshot): void => {
    fleet.update(snapshot);
    metrics.keepOnly(snapshot.routes);
    const table = buildRoutingTable(snapshot, {
      former: view?.table ?? emptyTable,
      replica: (id) => fleet.get(id),
      observeRoute: (route) => counters.route(route.id),
      observeRevision: (route, backend) =>
        bothOf(counters.revision(route.id, backend.revisionId), metrics.revision(route, backend)),
    });
    view = { table, keys: new ConsumerKeys(snapshot) };
    metrics.applied(snapshot, clock.now());
  };
  const keeper = new SnapshotKeeper({ disk: options.disk, log, apply });

  const report = (): GatewayReport | undefined => {
    const applied = keeper.current;
    return applied === undefined
      ? undefined
      : {
          gatewayId: options.gatewayId,
          bootId: options.bootId,
          startedAt,
          sentAt: clock.now(),
          applied: { epoch: applied.epoch, number: applied.number, hash: applied.hash },
          accepting: !draining,
          replicas: fleet.report(),
          revisions: counters.revisions(),
          routes: counters.routes(),
        };
  };
  const reporter: Reporter = new Reporter({ send: (content) => options.controlPlane.report(content), report, log });

  const stream = new SnapshotStream({
    controlPlane: options.controlPlane,
    keeper,
    clock,
    log,
    random: options.random,
    connected: (is) => metrics.connected.set(is ? 1 : 0),
    onOffer: (outcome) => {
      metrics.offered(outcome);
      reporter.now();
    },
  });

  const answers = new Answers({ isDraining: () => draining, refused: metrics.refused });
  const exchangeParts: ExchangeParts = {
    fleet,
    monotonicMs,
    routeNow: (name) => view?.table.byName.get(name),
    answerError: (call, error) => answers.error(call, call.dialect, error),
    ownHeaders: (call) => answers.ownHeaders(call),
    retried: metrics.retried,
    ended: (call, summary) => {
      metrics.inFlight.dec();
      logRequest(log, call, summary, monotonicMs());
    },
  };
  const callParts = {
    view: () => view,
    answers,
    now: () => clock.now(),
    monotonicMs,
    newRequestId: options.newRequestId,
    limits: { maxBytes: options.maxBodyBytes, stallMs: options.bodyStallMs },
    exchange: (call: ConstructorParameters<typeof Exchange>[0]) => {
      metrics.inFlight.inc();
      new Exchange(call, exchangeParts).start();
    },
  };
  const server = new CallerServer({
    host: options.host,
    port: options.port,
    headersTimeoutMs: options.headersTimeoutMs,
    refused: metrics.refused,
    handle: (request, response) => {
      handleCall(request, response, callParts).catch((error: unknown) => {
        log.error('a request failed inside the gateway', { error });
        answers.error({ id: '', request, response }, 'openai', callerErrors.unexpected());
      });
    },
  });

  return {
    start: async () => {
      await keeper.loadFromDisk();
      const address = await server.listen();
      stream.start();
      reporter.start();
      return address;
    },
    readiness: () => {
      if (draining) return { ready: false, because: 'the gateway is draining' };
      return view === undefined ? { ready: false, because: 'there is no snapshot yet' } : { ready: true };
    },
    stop: async () => {
      draining = true;
      reporter.now();
      await clock.sleep(options.lingerMs);
      await server.drain(options.drainMs);
      await stream.stop();
      await reporter.stop();
      await fleet.close();
      await options.controlPlane.close();
    },
  };
}
