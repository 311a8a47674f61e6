import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { sglang } from '../sglang/index.ts';
import { simulated } from '../simulated/index.ts';
import { triton } from '../triton/index.ts';
import { vllm } from '../vllm/index.ts';

function captured(name: string): string {
  const answer = readFileSync(new URL(`../../captured/${name}`, import.meta.url), 'utf8');
  return answer.slice(answer.search(/\r?\n\r?\n/)).trimStart();
}

describe('the load of vLLM', () => {
  test('is read from what the real one answers', () => {
    const idle = { running: 0, waiting: 0, kvCacheUsage: 0 };
    expect(vllm.readLoad(captured('vllm-0.32.0-metrics.txt'))).toEqual(idle);
    expect(simulated.readLoad(captured('vllm-0.32.0-metrics.txt'))).toEqual(idle);
  });

  test('moves with its numbers', () => {
    const busy = captured('vllm-0.32.0-metrics.txt')
      .replace(/^(vllm:num_requests_running\{.*\}) 0\.0$/m, '$1 7.0')
      .replace(/^(vllm:num_requests_waiting\{.*\}) 0\.0$/m, '$1 3.0')
      .replace(/^(vllm:kv_cache_usage_perc\{.*\}) 0\.0$/m, '$1 0.25');
    expect(vllm.readLoad(busy)).toEqual({ running: 7, waiting: 3, kvCacheUsage: 0.25 });
  });

  test('adds up over ranks, and takes the fullest cache', () => {
    const metrics = [
      'vllm:num_requests_running{engine="0",model_name="m"} 2.0',
      'vllm:num_requests_running{engine="1",model_name="m"} 3.0',
      'vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 9.0',
      'vllm:kv_cache_usage_perc{engine="0"} 0.1',
      'vllm:kv_cache_usage_perc{engine="1"} 9e-01',
    ].join('\n');
    expect(vllm.readLoad(metrics)).toEqual({ running: 5, waiting: null, kvCacheUsage: 0.9 });
  });

  test('is found under the former name of the cache', () => {
    expect(vllm.readLoad('vllm:gpu_cache_usage_perc{model_name="m"} 0.5\n')?.kvCacheUsage).toBe(0.5);
    const both = 'vllm:gpu_cache_usage_perc 0.5\nvllm:kv_cache_usage_perc 0.6\n';
    expect(vllm.readLoad(both)?.kvCacheUsage).toBe(0.6);
  });

  test('is unknown, not zero, while series are missing or not numbers', () => {
    const unknown = { running: null, waiting: null, kvCacheUsage: null };
    expect(vllm.readLoad('# TYPE vllm:num_requests_running gauge\n')).toEqual(unknown);
    expect(vllm.readLoad('vllm:num_requests_running NaN\nvllm:num_requests_waiting\n')).toEqual(unknown);
  });
});

describe('the load of SGLang', () => {
  const metrics = (rows: readonly string[]) => ['# TYPE sglang:num_running_reqs gauge', ...rows].join('\n');

  test('counts a request once, though every tensor-parallel rank reports it', () => {
    const rows = [0, 1].flatMap((dp) =>
      [0, 1].map((tp) => `sglang:num_running_reqs{dp_rank="${dp}",model_name="m, \\"x\\"",tp_rank="${tp}"} ${dp + 3}`),
    );
    const load = sglang.readLoad(
      metrics([...rows, 'sglang:num_queue_reqs{model_name="m"} 2', 'sglang:token_usage 0.4']),
    );
    expect(load).toEqual({ running: 7, waiting: 2, kvCacheUsage: 0.4 });
  });

  test('is unknown while it has reported nothing', () => {
    expect(sglang.readLoad(metrics([]))).toEqual({ running: null, waiting: null, kvCacheUsage: null });
  });
});

describe('the load of Triton', () => {
  test('is what waits, for more it does not tell', () => {
    expect(triton.readLoad(captured('triton-2.51.0-metrics.txt'))).toEqual({
      running: null,
      waiting: 0,
      kvCacheUsage: null,
    });
  });

  test('adds up over models', () => {
    const metrics =
      'nv_inference_pending_request_count{model="a"} 2\nnv_inference_pending_request_count{model="b"} 3\n';
    expect(triton.readLoad(metrics)?.waiting).toBe(5);
  });

  test('is whole with the TensorRT-LLM backend', () => {
    const metrics = [
      'nv_inference_pending_request_count{model="a"} 9',
      'nv_trt_llm_request_metrics{model="a",request_type="active"} 4',
      'nv_trt_llm_request_metrics{model="a",request_type="scheduled"} 3',
      'nv_trt_llm_request_metrics{model="a",request_type="waiting"} 1',
      'nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="used",model="a"} 80',
      'nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="a"} 0.8',
    ].join('\n');
    expect(triton.readLoad(metrics)).toEqual({ running: 4, waiting: 1, kvCacheUsage: 0.8 });
  });
});
