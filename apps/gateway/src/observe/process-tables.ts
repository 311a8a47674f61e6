import { shapeTable } from '@signalbox/runtime';

export const SNAPSHOT_PARTS = ['epoch', 'number'] as const;

/** One row, without labels: what a gateway has once. */
export const gatewayTable = shapeTable({
  name: 'gateway',
  labels: [],
  metrics: {
    retries: {
      kind: 'counter',
      name: 'signalbox_gateway_upstream_retries_total',
      help: 'Requests sent to a second replica.',
    },
    inFlight: { kind: 'gauge', over: 'sum', name: 'signalbox_gateway_in_flight', help: 'Requests being answered.' },
    snapshot: {
      kind: 'gauge',
      // Of several workers, the one that is behind.
      over: 'min',
      name: 'signalbox_gateway_snapshot',
      help: 'Epoch and number of the snapshot that is served.',
      by: { label: 'part', values: SNAPSHOT_PARTS },
    },
    appliedAt: {
      kind: 'gauge',
      over: 'min',
      name: 'signalbox_gateway_snapshot_applied_seconds',
      help: 'When the snapshot was applied, Unix time.',
    },
    connected: {
      kind: 'gauge',
      over: 'max',
      name: 'signalbox_gateway_control_plane_connected',
      help: '1 while the snapshot stream is open.',
    },
    spoolBytes: { kind: 'gauge', over: 'sum', name: 'signalbox_gateway_spool_bytes', help: 'Usage spool on disk.' },
    spoolBehind: {
      kind: 'gauge',
      over: 'max',
      name: 'signalbox_gateway_spool_behind_seconds',
      help: 'For how long there has been usage that was not delivered.',
    },
  },
});

export const WORKER_QUANTILES = ['0.5', '0.99', '1'] as const;

/** What operating system and event loop tell of each process that carries requests. */
export const workerTable = shapeTable({
  name: 'workers',
  labels: ['worker'],
  perProcess: true,
  metrics: {
    cpu: {
      kind: 'counter',
      name: 'signalbox_gateway_worker_cpu_seconds_total',
      help: 'Processor time of a worker.',
      by: { label: 'mode', values: ['user', 'system'] },
    },
    resident: {
      kind: 'gauge',
      over: 'sum',
      name: 'signalbox_gateway_worker_resident_bytes',
      help: 'Resident memory of a worker.',
    },
    heap: {
      kind: 'gauge',
      over: 'sum',
      name: 'signalbox_gateway_worker_heap_bytes',
      help: 'JavaScript heap in use in a worker.',
    },
    loopDelay: {
      kind: 'gauge',
      over: 'max',
      name: 'signalbox_gateway_event_loop_delay_seconds',
      help: 'How late the event loop of a worker was since the last look at its metrics, by quantile.',
      by: { label: 'quantile', values: WORKER_QUANTILES },
    },
    loopUse: {
      kind: 'gauge',
      over: 'max',
      name: 'signalbox_gateway_event_loop_utilization',
      help: 'Part of the time that the event loop of a worker was busy since the last look at its metrics.',
    },
  },
});
