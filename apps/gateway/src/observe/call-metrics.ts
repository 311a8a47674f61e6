import type { SnapshotBackend, SnapshotRoute } from '@signalbox/domain';
import { addTo, MetricRows, observeIn } from '@signalbox/runtime';
import { CALL_OUTCOMES, type CallSummary, errorTypeOf } from './call-summary.ts';
import { genAiDurationTable, genAiTable } from './gen-ai-tables.ts';
import { pathTable, queueTable, routeTable } from './metric-tables.ts';
import { type OperationName, operationName } from './operation-name.ts';

const { calls } = routeTable.at;
const { calls: pathCalls, frames, bytesIn, bytesOut, overhead } = pathTable.at;
const { wait } = queueTable.at;
const { tokens, firstToken, perToken } = genAiTable.at;
const { duration } = genAiDurationTable.at;
const [inputTokens, outputTokens] = [0, 1];
const outcomeIndex = Object.fromEntries(CALL_OUTCOMES.map((outcome, index) => [outcome, index]));
const providerOfNone = 'signalbox';

/** The rows that calls of one operation to one revision count in. */
interface Rows {
  readonly genAi: Float64Array;
  readonly durations: Map<string | null, Float64Array>;
  readonly operation: OperationName;
}

/** Counts finished calls: some twenty additions to numbers, with no label looked up but by identity. */
export class CallMetrics {
  readonly routes = new MetricRows(routeTable);
  readonly paths = new MetricRows(pathTable);
  readonly queues = new MetricRows(queueTable);
  readonly genAi = new MetricRows(genAiTable);
  readonly durations = new MetricRows(genAiDurationTable);
  /** By the snapshot's own objects, which are new with every snapshot: no key is built per call, nothing is kept. */
  readonly #rows = new WeakMap<SnapshotBackend | SnapshotRoute, Map<OperationName, Rows>>();
  readonly #routeRows = new WeakMap<SnapshotRoute, Float64Array>();
  readonly #pathRows = { fast: this.paths.row('fast'), node: this.paths.row('node'), http2: this.paths.row('http2') };
  readonly #queueRows = {
    critical: this.queues.row('critical'),
    standard: this.queues.row('standard'),
    batch: this.queues.row('batch'),
  };
  #named: ReadonlySet<string> | undefined;

  ended(call: CallSummary): void {
    addTo(this.#routeRow(call.route), calls, 1, outcomeIndex[call.outcome]);
    this.#countPath(call);
    if (call.queuedMs > 0) observeIn(this.#queueRows[call.priority], wait, call.queuedMs / 1_000);
    const rows = this.#rowsOf(call);
    this.#countGenAi(call, rows.genAi);
    observeIn(this.#durationRow(call, rows), duration, call.durationMs / 1_000);
  }

  /** Drops the series of routes and revisions that are no longer there. */
  keepOnly(routes: readonly SnapshotRoute[]): void {
    const named = namesIn(routes);
    this.#named = named;
    this.routes.keep(([name = '']) => named.has(keyOf(name, '')));
    for (const table of [this.genAi, this.durations]) table.keep((labels) => named.has(keyOfLabels(labels)));
  }

  #countPath(call: CallSummary): void {
    const row = this.#pathRows[call.path];
    addTo(row, pathCalls, 1);
    addTo(row, frames, call.frames);
    addTo(row, bytesIn, call.bytesIn);
    addTo(row, bytesOut, call.bytesOut);
    if (call.dispatchedMs !== null) observeIn(row, overhead, (call.dispatchedMs - call.queuedMs) / 1_000);
  }

  #countGenAi(call: CallSummary, row: Float64Array): void {
    if (call.exactness === 'exact' || call.exactness === 'partial') {
      observeIn(row, tokens, call.tokens.input, inputTokens);
      observeIn(row, tokens, call.tokens.output, outputTokens);
    }
    if (!call.stream || call.outcome !== 'ok' || call.firstByteMs === null) return;
    observeIn(row, firstToken, call.firstByteMs / 1_000);
    const later = call.tokens.output - 1;
    if (later > 0) observeIn(row, perToken, (call.durationMs - call.firstByteMs) / later / 1_000);
  }

  #routeRow(route: SnapshotRoute): Float64Array {
    let row = this.#routeRows.get(route);
    if (row === undefined) {
      row = this.#isNamed(route.name, '') ? this.routes.row(route.name) : new Float64Array(routeTable.size);
      this.#routeRows.set(route, row);
    }
    return row;
  }

  #rowsOf({ route, backend, operation }: CallSummary): Rows {
    const of = backend ?? route;
    let byOperation = this.#rows.get(of);
    if (byOperation === undefined) {
      byOperation = new Map();
      this.#rows.set(of, byOperation);
    }
    const name = operationName(operation);
    let rows = byOperation.get(name);
    if (rows === undefined) {
      const genAi = this.#isNamed(route.name, responseModelOf(backend))
        ? this.genAi.row(...labelsOf(name, route, backend))
        : new Float64Array(genAiTable.size);
      rows = { genAi, durations: new Map(), operation: name };
      byOperation.set(name, rows);
    }
    return rows;
  }

  #durationRow(call: CallSummary, rows: Rows): Float64Array {
    const error = errorTypeOf(call);
    let row = rows.durations.get(error);
    if (row === undefined) {
      row = this.#isNamed(call.route.name, responseModelOf(call.backend))
        ? this.durations.row(...labelsOf(rows.operation, call.route, call.backend), error ?? '')
        : new Float64Array(genAiDurationTable.size);
      rows.durations.set(error, row);
    }
    return row;
  }

  /** A stream may end after its revision has left: counting it would bring the dropped series back for good. */
  #isNamed(route: string, responseModel: string): boolean {
    return this.#named === undefined || this.#named.has(keyOf(route, responseModel));
  }
}

/** Whether a row of calls belongs to what the snapshot has: for the rows of workers that ended, too. */
export function isCallNamedIn(routes: readonly SnapshotRoute[]): (labels: readonly string[]) => boolean {
  const named = namesIn(routes);
  return (labels) => named.has(keyOfLabels(labels));
}

function namesIn(routes: readonly SnapshotRoute[]): ReadonlySet<string> {
  const models = (route: SnapshotRoute) => ['', ...route.backends.map(responseModelOf)];
  return new Set(routes.flatMap((route) => models(route).map((model) => keyOf(route.name, model))));
}

function labelsOf(operation: OperationName, route: SnapshotRoute, backend: SnapshotBackend | null): string[] {
  return [operation, backend?.engine ?? providerOfNone, route.name, responseModelOf(backend)];
}

function responseModelOf(backend: SnapshotBackend | null): string {
  return backend === null ? '' : `${backend.model}@${backend.version}`;
}

function keyOf(route: string, responseModel: string): string {
  return `${route} ${responseModel}`;
}

function keyOfLabels(labels: readonly string[]): string {
  return keyOf(labels[2] ?? '', labels[3] ?? '');
}
