import type { IncomingMessage, ServerResponse } from 'node:http';
import { serve, type TestServer } from '../../../apps/gateway/src/gateway.fixture.ts';

/** What one answer takes, told to the engine in the request's own body. */
export interface Work {
  input: number;
  output: number;
  firstMs: number;
  perTokenMs: number;
}

export function serviceMs({ firstMs, output, perTokenMs }: Work): number {
  return firstMs + output * perTokenMs;
}

const tokensPerFrame = 5;

interface Answering {
  work: Work;
  response: ServerResponse;
  startedAt: number;
  sent: number;
}

/**
 * Replicas with so many slots each, as an engine has for the sequences that it works on at once; what comes beyond
 * waits its turn there, which a gateway that knows of the slots never lets happen. The answers' times are kept by the
 * clock and not by the sum of timers, so that an engine that is late once is not late for good.
 */
export class SlotEngine {
  readonly #slots: number;
  readonly #servers: TestServer[] = [];
  /** Requests that found no free slot. */
  crowded = 0;

  constructor(slotsPerReplica: number) {
    this.#slots = slotsPerReplica;
  }

  get urls(): readonly string[] {
    return this.#servers.map(({ url }) => url);
  }

  async start(replicas: number): Promise<void> {
    while (this.#servers.length < replicas) this.#servers.push(await this.#replica());
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #replica(): Promise<TestServer> {
    const waiting: { work: Work; response: ServerResponse }[] = [];
    let running = 0;
    const begin = (work: Work, response: ServerResponse): void => {
      running += 1;
      response.once('close', () => {
        running -= 1;
        const next = waiting.shift();
        if (next !== undefined) begin(next.work, next.response);
      });
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      goOn({ work, response, startedAt: performance.now(), sent: 0 });
    };
    return serve((request, response) => {
      if (request.method === 'GET') return void response.end();
      void bodyOf(request).then((body) => {
        const { work } = JSON.parse(body) as { work: Work };
        if (running < this.#slots) return begin(work, response);
        this.crowded += 1;
        waiting.push({ work, response });
      });
    });
  }
}

function goOn(answering: Answering): void {
  const { work, response, startedAt, sent } = answering;
  const next = Math.min(work.output, sent + tokensPerFrame);
  const dueAt = startedAt + work.firstMs + next * work.perTokenMs;
  // The first token comes when the prompt is read; a frame comes with its last token.
  const waitMs = (sent === 0 ? startedAt + work.firstMs + work.perTokenMs : dueAt) - performance.now();
  setTimeout(
    () => {
      if (response.destroyed) return;
      answering.sent = sent === 0 ? 1 : next;
      response.write(frameOf(work.input, answering.sent));
      if (answering.sent < work.output) return goOn(answering);
      response.end('data: [DONE]\n\n');
    },
    Math.max(0, waitMs),
  );
}

function frameOf(input: number, output: number): string {
  const choices = [{ index: 0, delta: { content: ' and so on' }, finish_reason: null }];
  const usage = { prompt_tokens: input, total_tokens: input + output, completion_tokens: output };
  return `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'chat', choices, usage })}\n\n`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
