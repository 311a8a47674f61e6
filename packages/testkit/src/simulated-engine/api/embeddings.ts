import { hash32, seededRandom } from '../engine/random.ts';
import { textOf } from '../engine/tokenizer.ts';
import { invalidField } from '../http/api-error.ts';
import type { Exchange } from '../http/exchange.ts';
import { refuseIfBroken } from '../http/serve-generation.ts';
import { countPromptTokens, findModel } from './generation-request.ts';
import { numberField } from './parameters.ts';

const usualDimensions = 384;

/** A unit vector that depends on the text alone. */
function vectorOf(text: string, dimensions: number, seed: number): number[] {
  const random = seededRandom(hash32(text, seed));
  const raw = Array.from({ length: dimensions }, () => random() * 2 - 1);
  const length = Math.hypot(...raw);
  return raw.map((value) => Math.fround(value / length));
}

function readInputs(input: unknown): string[] {
  if (typeof input === 'string') return [input];
  if (Array.isArray(input) && input.length > 0) {
    if (input.every((one) => typeof one === 'number')) return [textOf(input)];
    return input.map((one: unknown) => (Array.isArray(one) ? textOf(one.map(Number)) : String(one)));
  }
  throw invalidField('body.input', input === undefined ? 'missing' : 'string_type', 'Field required', input);
}

export async function embeddings(exchange: Exchange): Promise<void> {
  const { simulation, response } = exchange;
  const body = await exchange.body();
  const inputs = readInputs(body.input);
  const model = findModel(simulation, body.model);
  const dimensions = numberField(body, 'dimensions', 'int') ?? usualDimensions;
  const counts = inputs.map((text) => countPromptTokens(simulation, text, null));
  refuseIfBroken(exchange);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = inputs.length;
  let isAborted = false;
  const finish = () => {
    const data = inputs.map((text, index) => {
      const vector = vectorOf(text, dimensions, simulation.settings.simulation.seed);
      const isBase64 = body.encoding_format === 'base64';
      const embedding = isBase64 ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector;
      return { index, object: 'embedding', embedding };
    });
    exchange.json({
      id: `embd-${exchange.newId()}`,
      object: 'list',
      created: simulation.createdUnix,
      model: model.name,
      data,
      usage: { prompt_tokens: total, total_tokens: total, completion_tokens: 0, prompt_tokens_details: null },
    });
  };
  const cancels = inputs.map((text, i) =>
    simulation.engine.submit({
      prompt: Buffer.from(text, 'utf8'),
      promptTokens: counts[i] ?? 1,
      outputTokens: 0,
      finishReason: 'stop',
      maxTokens: 0,
      choices: 1,
      adapter: model.adapter,
      delayMs: simulation.faults.slowFirstTokenMs,
      onAdmitted: () => {},
      onToken: () => {},
      onEnd: (reason) => {
        left -= 1;
        isAborted ||= reason === 'abort';
        if (left === 0 && isAborted) response.destroy();
        else if (left === 0) finish();
      },
    }),
  );
  response.once('close', () => {
    for (const cancel of cancels) cancel();
  });
}
