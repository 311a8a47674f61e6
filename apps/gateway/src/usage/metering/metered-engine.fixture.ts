import type { IncomingMessage, ServerResponse } from 'node:http';
import { serve, type TestServer } from '../../gateway.fixture.ts';
import { numberOf, type PlannedCall, pathOf } from './planned-call.fixture.ts';

export interface Told {
  input: number;
  output: number;
}

/** What an engine knows of one request that it was sent. */
export interface EngineAttempt {
  /** Port of the replica: attempts are in the order in which they were read, not in that in which they were sent. */
  port: number;
  /** The last usage that it wrote; null: none. */
  told: Told | null;
  /** Every frame says how much there is so far. */
  tellsAsItRuns: boolean;
  /** `whole`: all of the answer was written. `left`: its caller went first. `failed`: as planned. */
  ended: 'running' | 'whole' | 'left' | 'failed';
}

interface StreamOptions {
  include_usage?: boolean;
  continuous_usage_stats?: boolean;
}

interface Streaming {
  call: PlannedCall;
  response: ServerResponse;
  attempt: EngineAttempt;
  options: StreamOptions;
  failsAfter: number;
  frames: number;
  /** Of each choice. */
  sent: number;
}

const tickMs = 2;
/** What an ordinary answer takes: some callers leave before it. */
const answerTicks = 2;

/** Replicas that answer as their calls' plans say, and write down per call what they told of usage. */
export class MeteredEngine {
  readonly attempts = new Map<number, EngineAttempt[]>();
  readonly #planOf: (number: number) => PlannedCall;
  readonly #servers: TestServer[] = [];
  readonly #streams = new Set<Streaming>();
  readonly #later = new Set<{ ticks: number; run: () => void }>();
  #ticker: NodeJS.Timeout | undefined;

  constructor(planOf: (number: number) => PlannedCall) {
    this.#planOf = planOf;
  }

  get urls(): readonly string[] {
    return this.#servers.map(({ url }) => url);
  }

  async start(replicas: number): Promise<void> {
    while (this.#servers.length < replicas) {
      this.#servers.push(await serve((request, response) => this.#take(request, response)));
    }
    this.#ticker = setInterval(() => this.#tick(), tickMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const number = numberOf(request.headers['x-request-id'] as string | undefined);
    if (request.method === 'GET' || number === undefined) return void response.end();
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () =>
      this.#answer(asSent(this.#planOf(number), request.url), Buffer.concat(parts).toString(), response),
    );
  }

  #answer(call: PlannedCall, body: string, response: ServerResponse): void {
    const port = response.socket?.localPort ?? 0;
    const attempt: EngineAttempt = { port, told: null, tellsAsItRuns: false, ended: 'running' };
    const former = this.attempts.get(call.number);
    if (former === undefined) this.attempts.set(call.number, [attempt]);
    else former.push(attempt);
    response.on('close', () => {
      if (attempt.ended === 'running') attempt.ended = 'left';
    });
    const failure = former === undefined ? call.failure : 'none';
    if (failure !== 'none' && failure !== 'midAnswer') return void failNow(failure, attempt, response);
    const failsAfter = failure === 'midAnswer' ? Math.ceil(call.output / call.tokensPerFrame / 2) : -1;
    if (!call.stream) {
      this.#later.add({ ticks: answerTicks, run: () => answerPlain(call, attempt, response, failsAfter >= 0) });
      return;
    }
    const options = (JSON.parse(body) as { stream_options?: StreamOptions }).stream_options ?? {};
    attempt.tellsAsItRuns = options.continuous_usage_stats === true && call.choices === 1;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    this.#streams.add({ call, response, attempt, options, failsAfter, frames: 0, sent: 0 });
  }

  #tick(): void {
    for (const waiting of this.#later) {
      if (--waiting.ticks > 0) continue;
      this.#later.delete(waiting);
      waiting.run();
    }
    for (const stream of this.#streams) if (isOver(stream)) this.#streams.delete(stream);
  }
}

/** A call for Messages comes as a chat where the gateway translates. */
function asSent(call: PlannedCall, path: string | undefined): PlannedCall {
  return path === pathOf(call) ? call : { ...call, kind: 'chat' };
}

function failNow(failure: 'status' | 'reset' | 'cutRefusal', attempt: EngineAttempt, response: ServerResponse): void {
  attempt.ended = 'failed';
  if (failure === 'status') {
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"planned"}}');
    return;
  }
  if (failure === 'reset') return void response.destroy();
  response.writeHead(400, { 'content-type': 'application/json', 'content-length': 500 });
  response.write('{"error":{"message":"pla', () => response.destroy());
}

function answerPlain(call: PlannedCall, attempt: EngineAttempt, response: ServerResponse, breaks: boolean): void {
  if (attempt.ended === 'left') return;
  const told = { input: call.input, output: call.output * call.choices };
  const text = plainAnswer(call, told);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  if (breaks) {
    attempt.ended = 'failed';
    response.write(text.slice(0, 30), () => response.destroy());
    return;
  }
  attempt.told = told;
  attempt.ended = 'whole';
  response.end(text);
}

/** Writes the next frame of a stream; true when there is none. */
function isOver(stream: Streaming): boolean {
  const { call, response, attempt, failsAfter } = stream;
  if (attempt.ended === 'left') return true;
  if (stream.frames === failsAfter) {
    attempt.ended = 'failed';
    response.destroy();
    return true;
  }
  const now = Math.min(call.tokensPerFrame, call.output - stream.sent);
  stream.sent += now;
  stream.frames += 1;
  const isLast = stream.sent === call.output;
  let text = '';
  for (let choice = 0; choice < call.choices; choice++) text += frameOf(stream, choice, now);
  if (isLast) {
    text += endOf(stream);
    attempt.ended = 'whole';
  }
  response.write(text);
  if (isLast) response.end();
  return isLast;
}

function frameOf(stream: Streaming, choice: number, tokens: number): string {
  const { call, attempt, options, sent } = stream;
  const text = 'x'.repeat(tokens);
  if (call.kind === 'messages') {
    if (stream.frames > 1) return eventOf('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
    attempt.told = { input: call.input, output: 0 };
    const usage = { input_tokens: call.input, output_tokens: 0 };
    return (
      eventOf('message_start', { message: { id: 'm', role: 'assistant', content: [], model: 'tiny', usage } }) +
      eventOf('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
      eventOf('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
    );
  }
  const part = call.kind === 'chat' ? { delta: { content: text } } : { text };
  const finish_reason = sent === call.output ? 'length' : null;
  const frame = { ...headOf(call, true), choices: [{ index: choice, ...part, finish_reason }] };
  if (options.continuous_usage_stats !== true) return `data: ${JSON.stringify(frame)}\n\n`;
  // As vLLM does: the running usage is that of the choice.
  attempt.told = { input: call.input, output: sent };
  return `data: ${JSON.stringify({ ...frame, usage: usageOf(attempt.told) })}\n\n`;
}

function endOf({ call, attempt, options }: Streaming): string {
  const told = { input: call.input, output: call.output * call.choices };
  if (call.kind === 'messages') {
    attempt.told = told;
    const usage = { input_tokens: told.input, output_tokens: told.output };
    return (
      eventOf('content_block_stop', { index: 0 }) +
      eventOf('message_delta', { delta: { stop_reason: 'max_tokens', stop_sequence: null }, usage }) +
      eventOf('message_stop', {})
    );
  }
  if (options.include_usage !== true) return 'data: [DONE]\n\n';
  attempt.told = told;
  return `data: ${JSON.stringify({ ...headOf(call, true), choices: [], usage: usageOf(told) })}\n\ndata: [DONE]\n\n`;
}

function plainAnswer(call: PlannedCall, told: Told): string {
  const text = 'x'.repeat(call.output);
  switch (call.kind) {
    case 'embeddings': {
      const usage = { prompt_tokens: told.input, total_tokens: told.input };
      return JSON.stringify({ ...headOf(call, false), data: [{ index: 0, embedding: [0.5, 0.25] }], usage });
    }
    case 'messages': {
      const usage = { input_tokens: told.input, output_tokens: told.output };
      const content = [{ type: 'text', text }];
      return JSON.stringify({ id: 'm', type: 'message', role: 'assistant', content, model: 'tiny', usage });
    }
    default: {
      const choices = Array.from({ length: call.choices }, (_, index) =>
        call.kind === 'chat' ? { index, message: { role: 'assistant', content: text } } : { index, text },
      );
      return JSON.stringify({ ...headOf(call, false), choices, usage: usageOf(told) });
    }
  }
}

function headOf({ kind, number }: PlannedCall, isChunk: boolean): Record<string, unknown> {
  const object = kind === 'chat' ? (isChunk ? 'chat.completion.chunk' : 'chat.completion') : 'list';
  return { id: `answer-${number}`, object, created: 1, model: 'tiny' };
}

function usageOf({ input, output }: Told): Record<string, number> {
  return { prompt_tokens: input, total_tokens: input + output, completion_tokens: output };
}

function eventOf(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
