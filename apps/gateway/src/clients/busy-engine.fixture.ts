import { serve, type TestServer } from '../gateway.fixture.ts';

export interface BusyEngine extends TestServer {
  /** When each request came, on a clock that never goes back, and which try of its client it was. */
  readonly asked: { at: number; retry: string | undefined }[];
}

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'tiny',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Here.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
};

/** Speaks OpenAI's chat only. Every first request of two it has no room for, and says that it has in a second. */
export async function startBusyEngine(): Promise<BusyEngine> {
  const asked: BusyEngine['asked'] = [];
  const server = await serve((request, response) => {
    if (request.method === 'GET') return void response.end();
    if (request.url !== '/v1/chat/completions') return void response.writeHead(404).end('{"detail":"Not Found"}');
    const retry = request.headers['x-stainless-retry-count'];
    asked.push({ at: performance.now(), retry: Array.isArray(retry) ? retry[0] : retry });
    const isFull = asked.length % 2 === 1;
    request.resume().on('end', () => {
      response.writeHead(isFull ? 429 : 200, {
        'content-type': 'application/json',
        ...(isFull && { 'retry-after': '1' }),
      });
      response.end(JSON.stringify(isFull ? { error: { message: 'The queue is full.', code: 429 } } : completion));
    });
  });
  return { ...server, asked };
}
