import { expect, test } from '@jest/globals';
import { capturedAnswer } from './captured-answer.ts';
import { startSimulatedEngine } from './start.ts';

type Family = { type: string; help: string; labels: Set<string>; bounds: Set<string> };

function families(text: string): Map<string, Family> {
  const found = new Map<string, Family>();
  const helps = new Map<string, string>();
  let current: Family | undefined;
  for (const line of text.split('\n')) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (help) helps.set(help[1] ?? '', help[2] ?? '');
    else if (type) {
      current = { type: type[2] ?? '', help: helps.get(type[1] ?? '') ?? '', labels: new Set(), bounds: new Set() };
      found.set(type[1] ?? '', current);
    } else {
      for (const [, name = '', value = ''] of line.matchAll(/(\w+)="([^"]*)"/g)) {
        current?.labels.add(name);
        if (name === 'le') current?.bounds.add(value);
      }
    }
  }
  return found;
}

test('every family of vLLM is exposed under its name, with its help, labels and buckets', async () => {
  const engine = await startSimulatedEngine({
    args: ['serve', '/models/tiny', '--served-model-name', 'tiny'],
    simulation: { decodeMsPerToken: 0 },
  });
  try {
    const completion = await fetch(`${engine.url}/v1/completions`, {
      method: 'POST',
      body: JSON.stringify({ prompt: 'Hello there', max_tokens: 4 }),
      headers: { 'content-type': 'application/json' },
    });
    await completion.text();
    const answer = await fetch(`${engine.url}/metrics`);
    const captured = capturedAnswer('metrics');
    expect(answer.headers.get('content-type')).toBe(captured.headers.get('content-type'));
    const ours = families(await answer.text());
    for (const [name, theirs] of families(captured.body)) {
      const isLeftOut =
        /^(python_|process_)/.test(name) || /^http_.*(size|requests|duration_seconds)_.*created$/.test(name);
      if (isLeftOut || name === 'http_requests_created') continue;
      const own = ours.get(name);
      expect([name, own?.type, own?.help]).toEqual([name, theirs.type, theirs.help]);
      expect([name, [...(own?.bounds ?? [])]]).toEqual([name, [...theirs.bounds]]);
      // The real one shows some thirty settings here; ours are those that are read for capacity.
      if (name === 'vllm:cache_config_info') {
        for (const label of own?.labels ?? []) expect(theirs.labels).toContain(label);
      } else expect([name, own?.labels]).toEqual([name, theirs.labels]);
    }
  } finally {
    await engine.close();
  }
});

test('counts tokens, prefix hits and finished requests', async () => {
  const engine = await startSimulatedEngine({ simulation: { decodeMsPerToken: 0, prefillMsPerToken: 0 } });
  try {
    const prompt = 'x'.repeat(16 * 4 * 3);
    for (let i = 0; i < 2; i += 1) {
      const answer = await fetch(`${engine.url}/v1/completions`, {
        method: 'POST',
        body: JSON.stringify({ prompt, max_tokens: 5, ignore_eos: true }),
        headers: { 'content-type': 'application/json' },
      });
      expect(await answer.json()).toMatchObject({ usage: { prompt_tokens: 49, completion_tokens: 5 } });
    }
    const text = await (await fetch(`${engine.url}/metrics`)).text();
    const value = (line: string) =>
      Number(
        text
          .split('\n')
          .find((one) => one.startsWith(`${line} `))
          ?.split(' ')[1],
      );
    const labels = 'engine="0",model_name="simulated/tiny"';
    expect(value(`vllm:prompt_tokens_total{${labels}}`)).toBe(98);
    expect(value(`vllm:generation_tokens_total{${labels}}`)).toBe(10);
    expect(value(`vllm:prefix_cache_queries_total{${labels}}`)).toBe(98);
    expect(value(`vllm:prefix_cache_hits_total{${labels}}`)).toBe(48);
    expect(value('vllm:request_success_total{engine="0",finished_reason="length",model_name="simulated/tiny"}')).toBe(
      2,
    );
    expect(value(`vllm:time_to_first_token_seconds_count{${labels}}`)).toBe(2);
    expect(value(`vllm:inter_token_latency_seconds_count{${labels}}`)).toBe(8);
    expect(value('http_requests_total{handler="/v1/completions",method="POST",status="2xx"}')).toBe(2);
  } finally {
    await engine.close();
  }
});
