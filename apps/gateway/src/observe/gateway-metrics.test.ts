import { describe, expect, test } from '@jest/globals';
import { createMetrics } from '@signalbox/runtime';
import { backendOf, routeOf } from '../gateway.fixture.ts';
import { aCall, chatBackend, chatRoute } from './call-summary.fixture.ts';
import type { CallSummary } from './call-summary.ts';
import { exposeMetrics } from './exposed-metrics.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { parseMetrics } from './metrics-text.fixture.ts';

async function afterCalls(...calls: CallSummary[]): Promise<Map<string, number>> {
  const { metrics, shown } = start();
  for (const call of calls) metrics.callEnded(call);
  return shown();
}

function start() {
  const registry = createMetrics({ processMetrics: false });
  const metrics = createGatewayMetrics();
  exposeMetrics(registry, metrics);
  metrics.keepOnly([chatRoute]);
  return { metrics, shown: async () => parseMetrics((await registry.render()).body) };
}

const genAi =
  'gen_ai_operation_name="chat",gen_ai_provider_name="vllm",gen_ai_request_model="chat",gen_ai_response_model="tiny@v1"';
const none =
  'gen_ai_operation_name="chat",gen_ai_provider_name="signalbox",gen_ai_request_model="chat",error_type="unserved"';

describe('a finished call', () => {
  test.each<{ name: string; call: CallSummary; want: Record<string, number | undefined> }>([
    {
      name: 'counts at its route and its way through',
      call: aCall(),
      want: {
        'signalbox_gateway_calls_total{route="chat",outcome="ok"}': 1,
        'signalbox_gateway_calls_total{route="chat",outcome="error"}': 0,
        'signalbox_gateway_path_calls_total{path="fast"}': 1,
        'signalbox_gateway_path_calls_total{path="node"}': 0,
        'signalbox_gateway_frames_total{path="fast"}': 103,
        'signalbox_gateway_received_bytes_total{path="fast"}': 600,
        'signalbox_gateway_sent_bytes_total{path="fast"}': 20_000,
      },
    },
    {
      name: 'has the engine’s tokens in the convention’s buckets',
      call: aCall(),
      want: {
        [`gen_ai_client_token_usage_bucket{${genAi},gen_ai_token_type="input",le="4"}`]: 0,
        [`gen_ai_client_token_usage_bucket{${genAi},gen_ai_token_type="input",le="16"}`]: 1,
        [`gen_ai_client_token_usage_bucket{${genAi},gen_ai_token_type="output",le="64"}`]: 0,
        [`gen_ai_client_token_usage_bucket{${genAi},gen_ai_token_type="output",le="256"}`]: 1,
        [`gen_ai_client_token_usage_bucket{${genAi},gen_ai_token_type="output",le="67108864"}`]: 1,
        [`gen_ai_client_token_usage_sum{${genAi},gen_ai_token_type="output"}`]: 101,
      },
    },
    {
      name: 'has its first token and the time per token after it',
      call: aCall(),
      want: {
        [`gen_ai_server_time_to_first_token_seconds_bucket{${genAi},le="0.1"}`]: 0,
        [`gen_ai_server_time_to_first_token_seconds_bucket{${genAi},le="0.25"}`]: 1,
        [`gen_ai_server_time_per_output_token_seconds_sum{${genAi}}`]: 0.01,
        [`gen_ai_server_time_per_output_token_seconds_bucket{${genAi},le="0.01"}`]: 1,
        [`gen_ai_client_operation_duration_seconds_bucket{${genAi},le="0.64"}`]: 0,
        [`gen_ai_client_operation_duration_seconds_bucket{${genAi},le="1.28"}`]: 1,
        [`gen_ai_client_operation_duration_seconds_sum{${genAi}}`]: 1.25,
      },
    },
    {
      name: 'of one piece has no first token of its own, and one token no time per token',
      call: aCall({ stream: false, tokens: { input: 1, cached: 0, output: 1, reasoning: 0 } }),
      want: {
        [`gen_ai_server_time_to_first_token_seconds_count{${genAi}}`]: undefined,
        [`gen_ai_server_time_per_output_token_seconds_count{${genAi}}`]: undefined,
      },
    },
    {
      name: 'reports no tokens that nobody counted',
      call: aCall({ exactness: 'estimated' }),
      want: { [`gen_ai_client_token_usage_count{${genAi},gen_ai_token_type="output"}`]: undefined },
    },
    {
      name: 'that failed says why in its duration, and is no measure of speed',
      call: aCall({
        outcome: 'error',
        status: 502,
        attempts: [{ replicaId: 'r', revision: 'chat/1', startedMs: 0, endedMs: 9, failure: 'status 503' }],
      }),
      want: {
        [`gen_ai_client_operation_duration_seconds_count{${genAi},error_type="503"}`]: 1,
        [`gen_ai_server_time_to_first_token_seconds_count{${genAi}}`]: undefined,
        'signalbox_gateway_calls_total{route="chat",outcome="error"}': 1,
      },
    },
    {
      name: 'that no replica could take counts without a revision and has no overhead',
      call: aCall({
        outcome: 'unserved',
        backend: null,
        dispatchedMs: null,
        firstByteMs: null,
        exactness: 'none',
        attempts: [],
      }),
      want: {
        [`gen_ai_client_operation_duration_seconds_count{${none}}`]: 1,
        'signalbox_gateway_overhead_seconds_count{path="fast"}': undefined,
      },
    },
    {
      name: 'that waited has its wait apart from the gateway’s own time',
      call: aCall({ queuedMs: 700, dispatchedMs: 700.15, priority: 'batch' }),
      want: {
        'signalbox_gateway_queue_wait_seconds_bucket{priority="batch",le="0.5"}': 0,
        'signalbox_gateway_queue_wait_seconds_bucket{priority="batch",le="1"}': 1,
        'signalbox_gateway_queue_wait_seconds_count{priority="standard"}': undefined,
        'signalbox_gateway_overhead_seconds_bucket{path="fast",le="0.0001"}': 0,
        'signalbox_gateway_overhead_seconds_bucket{path="fast",le="0.0002"}': 1,
      },
    },
  ])('$name', async ({ call, want }) => {
    const shown = await afterCalls(call);
    for (const [series, value] of Object.entries(want)) {
      if (value === undefined) expect([series, shown.get(series)]).toEqual([series, undefined]);
      else expect([series, shown.get(series)]).toEqual([series, expect.closeTo(value, 9)]);
    }
  });
});

describe('attempts and events', () => {
  const labels = 'route="chat",model="tiny",version="v1",revision="chat/1",engine="vllm"';

  test('attempts count by outcome, with their first token and duration', async () => {
    const { metrics, shown } = start();
    const observer = metrics.revision(chatRoute, chatBackend);
    observer.firstToken(30);
    observer.finished('ok', 400, 7);
    observer.finished('error', 1, 0);
    observer.rescued();
    const values = await shown();
    expect(values.get(`signalbox_gateway_requests_total{${labels},outcome="ok"}`)).toBe(1);
    expect(values.get(`signalbox_gateway_requests_total{${labels},outcome="error"}`)).toBe(1);
    expect(values.get(`signalbox_gateway_ttft_seconds_bucket{${labels},le="0.02"}`)).toBe(0);
    expect(values.get(`signalbox_gateway_ttft_seconds_bucket{${labels},le="0.05"}`)).toBe(1);
    expect(values.get(`signalbox_gateway_request_duration_seconds_count{${labels}}`)).toBe(2);
    expect(values.get(`signalbox_gateway_output_tokens_total{${labels}}`)).toBe(7);
    expect(values.get(`signalbox_gateway_rescued_total{${labels}}`)).toBe(1);
  });

  test('refusals, limits, ejections and levels are told by their reasons', async () => {
    const { metrics, shown } = start();
    metrics.refused('no_replica');
    metrics.shed('queueFull');
    metrics.limited('tokens', 'minute');
    metrics.limited('concurrency', null);
    metrics.ejected('connections');
    metrics.offered('older');
    metrics.retried();
    metrics.accepted('node');
    metrics.inFlight.inc();
    metrics.inFlight.inc();
    metrics.inFlight.dec();
    metrics.applied({ epoch: 2, number: 40 }, 5_000);
    metrics.onRead((levels) => {
      levels.connections('fast', 12);
      levels.queue('critical', { requests: 3, bytes: 900 });
      levels.spool({ spoolBytes: 4_096, behindMs: 1_500 });
      levels.spoolRecords({ open: 2, refused: 5 });
    });
    const values = await shown();
    for (const [series, value] of Object.entries({
      'signalbox_gateway_refused_total{code="no_replica"}': 1,
      'signalbox_gateway_shed_total{reason="queueFull"}': 1,
      'signalbox_gateway_limited_total{per="minute",of="tokens"}': 1,
      'signalbox_gateway_limited_total{of="concurrency"}': 1,
      'signalbox_gateway_ejections_total{because="connections"}': 1,
      'signalbox_gateway_snapshots_total{outcome="older"}': 1,
      signalbox_gateway_upstream_retries_total: 1,
      'signalbox_gateway_connections_total{path="node"}': 1,
      'signalbox_gateway_connections{path="fast"}': 12,
      signalbox_gateway_in_flight: 1,
      'signalbox_gateway_snapshot{part="epoch"}': 2,
      'signalbox_gateway_snapshot{part="number"}': 40,
      signalbox_gateway_snapshot_applied_seconds: 5,
      'signalbox_gateway_queue_depth{priority="critical"}': 3,
      'signalbox_gateway_queue_bytes{priority="critical"}': 900,
      signalbox_gateway_spool_bytes: 4_096,
      signalbox_gateway_spool_behind_seconds: 1.5,
      'signalbox_gateway_spool_records{state="refused"}': 5,
    }))
      expect([series, values.get(series)]).toEqual([series, value]);
  });

  test('series of what left the snapshot go, and are not brought back by calls that end later', async () => {
    const { metrics, shown } = start();
    const other = backendOf({ revisionId: 'rev-2', version: 'v2', engine: 'vllm', at: [] });
    const both = routeOf([chatBackend, other]);
    metrics.keepOnly([both]);
    const leaving = metrics.revision(both, other);
    metrics.callEnded(aCall({ route: both, backend: other }));
    leaving.finished('ok', 5, 1);
    const isOfV2 = (series: string) => series.includes('v2');
    expect([...(await shown()).keys()].filter(isOfV2)).not.toHaveLength(0);
    metrics.keepOnly([chatRoute]);
    leaving.finished('ok', 5, 1);
    metrics.callEnded(aCall({ route: both, backend: other }));
    metrics.callEnded(aCall({ route: both, backend: other, operation: '/v1/embeddings' }));
    expect([...(await shown()).keys()].filter(isOfV2)).toEqual([]);
  });
});
