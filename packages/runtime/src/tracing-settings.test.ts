import { describe, expect, test } from '@jest/globals';
import { tracingSettings } from './tracing-settings.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('tracing by the standard variables', () => {
  test.each<{ name: string; env: Record<string, string>; isOn: boolean }>([
    { name: 'is off by itself', env: {}, isOn: false },
    { name: 'is on with an endpoint', env: endpoint, isOn: true },
    { name: 'is on with an endpoint for traces', env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/' }, isOn: true },
    { name: 'is off with an empty endpoint', env: { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, isOn: false },
    { name: 'is off when the SDK is disabled', env: { ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }, isOn: false },
    { name: 'is off without an exporter', env: { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, isOn: false },
  ])('$name', ({ env, isOn }) => {
    expect(tracingSettings(env).isOn).toBe(isOn);
  });

  test.each([
    { sampler: undefined, argument: undefined, ratio: 1 },
    { sampler: 'parentbased_always_on', argument: '0.1', ratio: 1 },
    { sampler: 'parentbased_always_off', argument: undefined, ratio: 0 },
    { sampler: 'traceidratio', argument: '0.25', ratio: 0.25 },
    { sampler: 'parentbased_traceidratio', argument: '0', ratio: 0 },
    { sampler: 'parentbased_traceidratio', argument: 'half', ratio: 1 },
    { sampler: 'parentbased_traceidratio', argument: '2', ratio: 1 },
    { sampler: 'parentbased_traceidratio', argument: undefined, ratio: 1 },
  ])('$sampler with $argument samples $ratio', ({ sampler, argument, ratio }) => {
    expect(tracingSettings({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument }).ratio).toBe(ratio);
  });

  test('batching can be set, and nonsense is as good as nothing', () => {
    const { batch } = tracingSettings({ OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_BSP_MAX_QUEUE_SIZE: 'many' });
    expect(batch).toMatchObject({ scheduledDelayMillis: 100, maxQueueSize: 8_192, maxExportBatchSize: 512 });
  });
});
