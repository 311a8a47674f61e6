import type { PriorityClass } from '@signalbox/domain';
import { MetricRows, type ProcessReadings, setIn } from '@signalbox/runtime';
import type { CallPath } from './call-summary.ts';
import { pathTable, queueTable, spoolTable } from './metric-tables.ts';
import { gatewayTable, workerTable } from './process-tables.ts';

const { cpu, resident, heap, loopDelay, loopUse } = workerTable.at;

/** What is not counted but looked at when somebody reads the metrics: levels cost requests nothing. */
export class Levels {
  readonly records = new MetricRows(spoolTable);
  readonly workers = new MetricRows(workerTable);
  readonly #paths: MetricRows;
  readonly #queues: MetricRows;
  readonly #gateway: Float64Array;
  readonly #worker: string;
  readonly #readings: ProcessReadings | undefined;
  readonly #sources: ((levels: Levels) => void)[] = [];

  constructor(
    rows: { paths: MetricRows; queues: MetricRows; gateway: Float64Array },
    options: { worker?: string; readings?: ProcessReadings },
  ) {
    this.#paths = rows.paths;
    this.#queues = rows.queues;
    this.#gateway = rows.gateway;
    this.#worker = options.worker ?? '0';
    this.#readings = options.readings;
  }

  from(source: (levels: Levels) => void): void {
    this.#sources.push(source);
  }

  read(): void {
    for (const source of this.#sources) source(this);
    this.#readProcess();
  }

  connections(path: CallPath, open: number): void {
    setIn(this.#paths.row(path), pathTable.at.connections, open);
  }

  queue(priority: PriorityClass, waiting: { requests: number; bytes: number }): void {
    const row = this.#queues.row(priority);
    setIn(row, queueTable.at.depth, waiting.requests);
    setIn(row, queueTable.at.bytes, waiting.bytes);
  }

  spool({ spoolBytes, behindMs }: { spoolBytes: number; behindMs: number }): void {
    setIn(this.#gateway, gatewayTable.at.spoolBytes, spoolBytes);
    setIn(this.#gateway, gatewayTable.at.spoolBehind, behindMs / 1_000);
  }

  spoolRecords(byState: Readonly<Partial<Record<'open' | 'refused', number>>>): void {
    for (const [state, count] of Object.entries(byState)) setIn(this.records.row(state), spoolTable.at.records, count);
  }

  #readProcess(): void {
    const reading = this.#readings?.read();
    if (reading === undefined) return;
    const row = this.workers.row(this.#worker);
    setIn(row, cpu, reading.cpuUserSeconds, 0);
    setIn(row, cpu, reading.cpuSystemSeconds, 1);
    setIn(row, resident, reading.residentBytes);
    setIn(row, heap, reading.heapBytes);
    const { p50, p99, max } = reading.loopDelaySeconds;
    for (const [part, delay] of [p50, p99, max].entries()) setIn(row, loopDelay, delay, part);
    setIn(row, loopUse, reading.loopUtilization);
  }
}
