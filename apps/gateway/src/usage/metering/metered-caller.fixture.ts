import { Agent, type IncomingMessage, request } from 'node:http';
import { bodyOf, type PlannedCall, pathOf, requestIdOf } from './planned-call.fixture.ts';

/** What a caller knows of its call in the end. */
export interface CallerView {
  /** `whole`: an answer with its end. `left`: of its own will. `cut`: the answer broke off, or the connection did. */
  ended: 'whole' | 'left' | 'cut';
  /** 0: no head came. */
  status: number;
  /** Tokens that it got: the least that must be counted where they were told at all. */
  received: number;
  /** It was shown usage that it had not asked for, or none where it had. */
  isShownWrongUsage: boolean;
  isReplay: boolean;
}

/** Sends planned calls over connections that are kept. */
export class MeteredCaller {
  readonly #url: () => string;
  readonly #key: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(options: { url: () => string; key: string }) {
    this.#url = options.url;
    this.#key = options.key;
  }

  /** `again`: the same request under another id, as an SDK that got no answer sends it. */
  send(call: PlannedCall, again = false): Promise<CallerView> {
    const body = bodyOf(call);
    const headers = {
      authorization: `Bearer ${this.#key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-request-id': again ? `${requestIdOf(call)}-again` : requestIdOf(call),
      ...(call.isRepeated ? { 'idempotency-key': requestIdOf(call) } : {}),
    };
    return new Promise((resolve) => {
      const view: CallerView = { ended: 'cut', status: 0, received: 0, isShownWrongUsage: false, isReplay: false };
      const sent = request(`${this.#url()}${pathOf(call)}`, { method: 'POST', headers, agent: this.#agent });
      const leave = (): void => {
        view.ended = 'left';
        sent.destroy();
        resolve(view);
      };
      sent.on('response', (response) => this.#read(call, response, view, leave, () => resolve(view)));
      sent.on('error', () => resolve(view));
      sent.end(body, () => {
        // At some moment before the first byte, which is another one for each call.
        if (call.leavesAfterFrames === 0) setTimeout(leave, call.number % 8);
      });
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #read(call: PlannedCall, response: IncomingMessage, view: CallerView, leave: () => void, done: () => void): void {
    view.status = response.statusCode ?? 0;
    view.isReplay = response.headers['idempotent-replayed'] === 'true';
    let text = '';
    response.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      view.received = tokensIn(text);
      const { leavesAfterFrames } = call;
      if (leavesAfterFrames !== null && leavesAfterFrames > 0 && framesIn(text) >= leavesAfterFrames) leave();
    });
    response.on('close', () => {
      if (view.ended === 'left') return;
      if (response.complete && !(call.stream && isBroken(text))) view.ended = 'whole';
      view.isShownWrongUsage = view.ended === 'whole' && view.status === 200 && showsWrongUsage(call, text);
      done();
    });
    response.on('error', () => {});
  }
}

/** Every token is an x, and nowhere else are two quotes around nothing but x. */
function tokensIn(text: string): number {
  let tokens = 0;
  for (const match of text.matchAll(/"(?:content|text)":"(x+)"/g)) tokens += match[1]?.length ?? 0;
  return tokens;
}

function framesIn(text: string): number {
  return text.split('\n\n').length - 1;
}

function isBroken(text: string): boolean {
  return /(?:^|\n)(?:event: error|data: \{"error")/.test(text);
}

function showsWrongUsage({ kind, stream, asks }: PlannedCall, text: string): boolean {
  if (kind === 'messages' || kind === 'embeddings' || !stream) return !text.includes('"usage":{');
  return text.includes('"usage":{') !== (asks !== 'nothing');
}
