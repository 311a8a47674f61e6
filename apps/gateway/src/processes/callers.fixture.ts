import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface Outcome {
  kind: 'ok' | 'status' | 'refused' | 'cut' | 'lost';
  detail: string;
  ms: number;
}

export interface CallersOptions {
  url: string;
  /** Keep-alive connections with one request after the other. */
  busy: number;
  /** Keep-alive connections that pause between requests: those that a closing gateway could meet in mid-request. */
  pausing: number;
  /** A new connection for each request. */
  fresh: number;
  /** Open streams at every moment. */
  streams: number;
  streamTokens: number;
}

/** Callers that count everything that goes wrong and retry nothing, as a rolling restart must not need it. */
export class Callers {
  readonly outcomes: Outcome[] = [];
  readonly #options: CallersOptions;
  readonly #loops: Promise<void>[] = [];
  #stopping = false;
  openStreams = 0;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  start(): void {
    const { busy, pausing, fresh, streams } = this.#options;
    const kept = (): Agent => new Agent({ keepAlive: true, maxSockets: 1, timeout: 60_000 });
    for (let at = 0; at < busy; at++) this.#loops.push(this.#repeat(kept(), () => 0));
    for (let at = 0; at < pausing; at++) this.#loops.push(this.#repeat(kept(), () => 20 + Math.random() * 300));
    for (let at = 0; at < fresh; at++) this.#loops.push(this.#repeat(new Agent(), () => 10));
    for (let at = 0; at < streams; at++) this.#loops.push(this.#stream(kept()));
  }

  get bad(): Outcome[] {
    return this.outcomes.filter(({ kind }) => kind !== 'ok');
  }

  /** Each finishes what it is at. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
  }

  async #repeat(agent: Agent, pauseMs: () => number): Promise<void> {
    while (!this.#stopping) {
      this.outcomes.push(await this.#ask(agent, { max_tokens: 1 }));
      const ms = pauseMs();
      if (ms > 0) await pause(ms);
    }
    agent.destroy();
  }

  async #stream(agent: Agent): Promise<void> {
    while (!this.#stopping) {
      this.openStreams++;
      const change = { stream: true, max_tokens: this.#options.streamTokens, ignore_eos: true };
      this.outcomes.push(await this.#ask(agent, change));
      this.openStreams--;
    }
    agent.destroy();
  }

  #ask(agent: Agent, change: Record<string, unknown>): Promise<Outcome> {
    const startedAt = performance.now();
    const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }], ...change });
    return new Promise((resolve) => {
      const done = (kind: Outcome['kind'], detail = ''): void =>
        resolve({ kind, detail, ms: performance.now() - startedAt });
      const asked = request(`${this.#options.url}/v1/chat/completions`, {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      });
      asked.on('response', (answer: IncomingMessage) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => {
          if (answer.statusCode !== 200) done('status', `${answer.statusCode} ${text}`);
          else if (change.stream === true && !text.trimEnd().endsWith('data: [DONE]')) done('cut', text.slice(-200));
          else done('ok');
        });
        answer.on('error', (error) => done('cut', error.message));
      });
      asked.on('error', (error: NodeJS.ErrnoException) =>
        done(error.code === 'ECONNREFUSED' ? 'refused' : 'lost', `${error.code} reused ${asked.reusedSocket}`),
      );
      asked.end(body);
    });
  }
}
