import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Outcome, outcomeOf } from './call-outcome.ts';
import { chatBody } from './requests.ts';

export interface CallersOptions {
  port: number;
  headers: Readonly<Record<string, string>>;
  /** Ordinary requests per second, due whatever the answers do. */
  perSecond: number;
  /** Streams open at every moment. */
  streams: number;
  stream: { frames: number; intervalUs: number; firstUs: number };
  /** Hears of every call that is over, except for whole ones. */
  told: (outcome: Outcome) => void;
}

/** Steady traffic whose every answer is looked at to its last byte. Nothing is asked twice. */
export class Callers {
  readonly counts: Record<Outcome['kind'], number> = { whole: 0, failed: 0, brokenWell: 0, brokenBadly: 0, cut: 0 };
  readonly #options: CallersOptions;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 1_000 });
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #asked = 0;
  #stopping = false;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  start(): void {
    const { perSecond, streams, stream } = this.#options;
    this.#timer = setInterval(() => this.#add(this.#ask(false)), 1_000 / perSecond);
    const lifeMs = (stream.frames * stream.intervalUs) / 1_000;
    // Begun evenly over the life of one, so that there are old and young ones at every moment.
    for (let at = 0; at < streams; at++) setTimeout(() => this.#add(this.#keepStreaming()), (at * lifeMs) / streams);
  }

  get sent(): number {
    return this.#asked;
  }

  /** Waits for all that is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  #add(call: Promise<void>): void {
    this.#underWay.add(call);
    void call.then(() => this.#underWay.delete(call));
  }

  async #keepStreaming(): Promise<void> {
    while (!this.#stopping) {
      const failedBefore = this.counts.failed;
      await this.#ask(true);
      if (this.counts.failed > failedBefore) await pause(100);
    }
  }

  #ask(isStream: boolean): Promise<void> {
    const { port, headers, stream } = this.#options;
    const shape = isStream ? { stream } : {};
    const body = chatBody({ bodyBytes: 600, variant: this.#asked++ % 64, ...shape });
    return new Promise((resolve) => {
      let status: number | undefined;
      let text = '';
      let isOver = false;
      const over = (endedWell: boolean, error = ''): void => {
        if (isOver) return;
        isOver = true;
        this.#over(outcomeOf({ isStream, status, text, endedWell, error }, stream.frames));
        resolve();
      };
      const asked = request({
        host: '127.0.0.1',
        port,
        path: '/v1/chat/completions',
        agent: this.#agent,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      });
      asked.on('response', (answer: IncomingMessage) => {
        status = answer.statusCode;
        answer.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => over(true)).on('error', (error) => over(false, error.message));
      });
      asked.on('error', (error) => over(false, error.message));
      asked.end(body);
    });
  }

  #over(outcome: Outcome): void {
    this.counts[outcome.kind]++;
    if (outcome.kind !== 'whole') this.#options.told(outcome);
  }
}
