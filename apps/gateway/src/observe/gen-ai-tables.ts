import { shapeTable } from '@signalbox/runtime';

/*
 * OpenTelemetry's metrics for generative AI (semantic-conventions-genai, status Development) as Prometheus spells them:
 * dots become underscores, the unit `s` a suffix, `{token}` nothing. Bounds are the convention's.
 */
const labels = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'gen_ai_response_model'];

export const genAiTable = shapeTable({
  name: 'gen_ai',
  labels,
  metrics: {
    tokens: {
      kind: 'histogram',
      name: 'gen_ai_client_token_usage',
      help: 'Tokens per request as the engine told them; nothing where it told nothing.',
      bounds: Array.from({ length: 14 }, (_, power) => 4 ** power),
      by: { label: 'gen_ai_token_type', values: ['input', 'output'] },
    },
    firstToken: {
      kind: 'histogram',
      name: 'gen_ai_server_time_to_first_token_seconds',
      help: 'From the whole request to the first frame of a stream that ended well.',
      bounds: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    },
    perToken: {
      kind: 'histogram',
      name: 'gen_ai_server_time_per_output_token_seconds',
      help: 'Time between output tokens after the first, in streams that ended well.',
      bounds: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
    },
  },
});

/** Apart from the others, which have no `error_type`. */
export const genAiDurationTable = shapeTable({
  name: 'gen_ai_duration',
  labels: [...labels, 'error_type'],
  metrics: {
    duration: {
      kind: 'histogram',
      name: 'gen_ai_client_operation_duration_seconds',
      help: 'The whole of a request, with its queue and all its attempts.',
      bounds: Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power),
    },
  },
});
