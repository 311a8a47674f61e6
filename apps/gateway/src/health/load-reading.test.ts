import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { loadReading } from './load-reading.ts';

const vllm = 'vllm:num_requests_running 3\nvllm:num_requests_waiting 2\nvllm:kv_cache_usage_perc 0.5\n';
const sglang = 'sglang:num_running_reqs 3\nsglang:num_queue_reqs 2\nsglang:token_usage 0.5\n';
const triton = 'nv_inference_pending_request_count{model="a"} 2\n';

describe('reading the load of an engine', () => {
  test.each<{ name: string; engine: string; text: string; want: ReturnType<typeof loadReading> }>([
    { name: 'vLLM', engine: 'vllm', text: vllm, want: { running: 3, waiting: 2, kvUse: 0.5, adapters: null, at: 7 } },
    {
      name: 'SGLang',
      engine: 'sglang',
      text: sglang,
      want: { running: 3, waiting: 2, kvUse: 0.5, adapters: null, at: 7 },
    },
    {
      name: 'Triton tells what waits',
      engine: 'triton',
      text: triton,
      want: { running: null, waiting: 2, kvUse: null, adapters: null, at: 7 },
    },
    {
      name: 'vLLM with adapters',
      engine: 'vllm',
      text: `${vllm}vllm:lora_requests_info{max_lora="1",running_lora_adapters="sql",waiting_lora_adapters="law"} 1.7e9\n`,
      want: { running: 3, waiting: 2, kvUse: 0.5, adapters: { running: ['sql'], waiting: ['law'], most: 1 }, at: 7 },
    },
    { name: "another engine's text says nothing", engine: 'sglang', text: vllm, want: null },
    { name: 'nor does an engine that nobody knows', engine: 'other', text: vllm, want: null },
    { name: 'nor a page of something else', engine: 'vllm', text: '<html>', want: null },
  ])('$name', ({ engine, text, want }) => {
    expect(loadReading(engine, text, 7)).toEqual(want);
  });

  test('what the real vLLM answers', () => {
    const captured = new URL('../../../../packages/engines/captured/vllm-0.32.0-metrics.txt', import.meta.url);
    const body = readFileSync(captured, 'utf8')
      .split(/\r?\n\r?\n/)
      .slice(1)
      .join('\n');
    expect(loadReading('vllm', body, 7)).toEqual({ running: 0, waiting: 0, kvUse: 0, adapters: null, at: 7 });
  });
});
