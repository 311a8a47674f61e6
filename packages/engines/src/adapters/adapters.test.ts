import { describe, expect, test } from '@jest/globals';
import { readVllmAdapters } from '../vllm/adapters.ts';
import { adaptersInModelList } from './model-list.ts';

describe('the list of models', () => {
  test('names adapters by their parent', () => {
    const data = [
      { id: 'tiny', object: 'model', parent: null },
      { id: 'alias', object: 'model' },
      { id: 'sql', object: 'model', root: '/adapters/sql', parent: 'tiny' },
    ];
    expect(adaptersInModelList(JSON.stringify({ object: 'list', data }))).toEqual(['sql']);
    expect(adaptersInModelList('{"data":[]}')).toEqual([]);
  });

  test.each(['', 'not json', '[]', '{}', '{"data":{}}', '{"data":[{"id":7}]}', '{"error":"Unauthorized"}'])(
    '%j is none',
    (text) => {
      expect(adaptersInModelList(text)).toBeNull();
    },
  );
});

describe('adapters in vLLM’s metrics', () => {
  const row = (labels: string, at: string) => `vllm:lora_requests_info{${labels}} ${at}\n`;

  test('are those of the last row, whose value is when it was written', () => {
    const text =
      row('max_lora="2",running_lora_adapters="old",waiting_lora_adapters=""', '1.7e9') +
      row('max_lora="2",running_lora_adapters="sql,chat",waiting_lora_adapters="law"', '1.8e9') +
      row('max_lora="2",running_lora_adapters="",waiting_lora_adapters="old"', '1.6e9');
    expect(readVllmAdapters(text)).toEqual({ running: ['sql', 'chat'], waiting: ['law'], most: 2 });
  });

  test('may be none, or not told', () => {
    expect(readVllmAdapters(row('max_lora="x",running_lora_adapters="",waiting_lora_adapters=""', '1'))).toEqual({
      running: [],
      waiting: [],
      most: null,
    });
    expect(readVllmAdapters('vllm:num_requests_running 1\n')).toBeNull();
  });
});
