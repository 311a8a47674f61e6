import { LIMITED_QUANTITIES } from '@signalbox/domain';
import { shapeTable } from '@signalbox/runtime';
import { CALL_OUTCOMES } from './call-summary.ts';
import { ATTEMPT_OUTCOMES, SHADOW_DROPS } from './observers.ts';

const seconds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 180, 600];
const ownSeconds = [25e-6, 50e-6, 100e-6, 200e-6, 300e-6, 500e-6, 1e-3, 2e-3, 5e-3, 0.01, 0.025, 0.1, 0.5];

/** As `labelsOf` gives them. */
const ofRevision = ['route', 'model', 'version', 'revision', 'engine'];

/** Attempts at replicas, by revision: what the gate of a rollout looks at. */
export const revisionTable = shapeTable({
  name: 'revisions',
  labels: ofRevision,
  metrics: {
    requests: {
      kind: 'counter',
      name: 'signalbox_gateway_requests_total',
      help: 'Attempts at replicas by outcome; a request that was sent again counts at both.',
      by: { label: 'outcome', values: ATTEMPT_OUTCOMES },
    },
    ttft: {
      kind: 'histogram',
      name: 'signalbox_gateway_ttft_seconds',
      help: 'From the whole request to the first byte of the answer.',
      bounds: seconds,
    },
    duration: {
      kind: 'histogram',
      name: 'signalbox_gateway_request_duration_seconds',
      help: 'From the whole request to the end of the attempt.',
      bounds: seconds,
    },
    outputTokens: {
      kind: 'counter',
      name: 'signalbox_gateway_output_tokens_total',
      help: 'As told in usage, else counted frames.',
    },
    rescued: {
      kind: 'counter',
      name: 'signalbox_gateway_rescued_total',
      help: 'Failures of a revision that no caller saw.',
    },
  },
});

/** Copies of requests for a revision that is shadowed. Apart from attempts: no caller sees them, no gate counts them. */
export const shadowTable = shapeTable({
  name: 'shadows',
  labels: ofRevision,
  metrics: {
    copies: {
      kind: 'counter',
      name: 'signalbox_gateway_shadow_copies_total',
      help: 'Copies of requests by how they ended; cancelled ones made way for callers.',
      by: { label: 'outcome', values: ATTEMPT_OUTCOMES },
    },
    dropped: {
      kind: 'counter',
      name: 'signalbox_gateway_shadow_dropped_total',
      help: 'Requests that were to be copied and were not, by why.',
      by: { label: 'reason', values: SHADOW_DROPS },
    },
    ttft: {
      kind: 'histogram',
      name: 'signalbox_gateway_shadow_ttft_seconds',
      help: 'From sending a copy to the first byte of its answer.',
      bounds: seconds,
    },
    duration: {
      kind: 'histogram',
      name: 'signalbox_gateway_shadow_duration_seconds',
      help: 'From sending a copy to the end of its answer.',
      bounds: seconds,
    },
    outputTokens: {
      kind: 'counter',
      name: 'signalbox_gateway_shadow_output_tokens_total',
      help: 'As told in the usage of copies; nobody is billed for them.',
    },
  },
});

/** Callers' requests, whatever number of attempts they took. */
export const routeTable = shapeTable({
  name: 'routes',
  labels: ['route'],
  metrics: {
    calls: {
      kind: 'counter',
      name: 'signalbox_gateway_calls_total',
      help: 'Requests that a route was found for, by how they ended.',
      by: { label: 'outcome', values: CALL_OUTCOMES },
    },
  },
});

export const pathTable = shapeTable({
  name: 'paths',
  labels: ['path'],
  metrics: {
    calls: { kind: 'counter', name: 'signalbox_gateway_path_calls_total', help: 'Requests by their way through.' },
    frames: { kind: 'counter', name: 'signalbox_gateway_frames_total', help: 'Event frames passed on to callers.' },
    bytesIn: { kind: 'counter', name: 'signalbox_gateway_received_bytes_total', help: 'Bodies received from callers.' },
    bytesOut: { kind: 'counter', name: 'signalbox_gateway_sent_bytes_total', help: 'Bodies sent to callers.' },
    accepted: {
      kind: 'counter',
      name: 'signalbox_gateway_connections_total',
      help: 'Connections that callers opened.',
    },
    connections: {
      kind: 'gauge',
      over: 'sum',
      name: 'signalbox_gateway_connections',
      help: 'Connections of callers that are open.',
    },
    overhead: {
      kind: 'histogram',
      name: 'signalbox_gateway_overhead_seconds',
      help: 'The gateway’s own time per request: from the whole request to its dispatch, without the wait in the queue.',
      bounds: ownSeconds,
    },
  },
});

export const queueTable = shapeTable({
  name: 'queues',
  labels: ['priority'],
  metrics: {
    depth: { kind: 'gauge', over: 'sum', name: 'signalbox_gateway_queue_depth', help: 'Requests that wait.' },
    bytes: { kind: 'gauge', over: 'sum', name: 'signalbox_gateway_queue_bytes', help: 'Bodies of those that wait.' },
    wait: {
      kind: 'histogram',
      name: 'signalbox_gateway_queue_wait_seconds',
      help: 'Time in the queue of requests that had to wait.',
      bounds: seconds,
    },
  },
});

const counted = (name: string, label: string, metric: string, help: string) =>
  shapeTable({ name, labels: [label], metrics: { count: { kind: 'counter', name: metric, help } } });

export const refusalTable = counted(
  'refusals',
  'code',
  'signalbox_gateway_refused_total',
  'Requests that the gateway answered itself.',
);
export const connectionRefusalTable = counted(
  'connectionRefusals',
  'because',
  'signalbox_gateway_connections_refused_total',
  'Connections closed before a request: the gateway or its share for one address is full, a bad PROXY header or TLS handshake.',
);
export const shedTable = counted(
  'sheds',
  'reason',
  'signalbox_gateway_shed_total',
  'Requests refused because of load, by what made them too many.',
);
export const ejectionTable = counted(
  'ejections',
  'because',
  'signalbox_gateway_ejections_total',
  'Replicas taken out by this gateway.',
);
export const offerTable = counted(
  'offers',
  'outcome',
  'signalbox_gateway_snapshots_total',
  'Snapshots offered, by what became of them.',
);
export const limitTable = shapeTable({
  name: 'limits',
  labels: ['per'],
  metrics: {
    refused: {
      kind: 'counter',
      name: 'signalbox_gateway_limited_total',
      help: 'Requests refused by a limit, by what it bounds.',
      by: { label: 'of', values: LIMITED_QUANTITIES },
    },
  },
});
export const spoolTable = shapeTable({
  name: 'spool',
  labels: ['state'],
  metrics: {
    records: {
      kind: 'gauge',
      over: 'sum',
      name: 'signalbox_gateway_spool_records',
      help: 'Usage records: open calls, and those that the control plane refused.',
    },
  },
});
