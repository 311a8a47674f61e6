import type { Call } from './call.ts';
import { type CallerError, errorBody } from './caller-error.ts';
import type { Dialect } from './endpoints.ts';

const lingerMs = 2_000;

/** Answers that the gateway gives itself, and the headers that all answers share. */
export class Answers {
  readonly #isDraining: () => boolean;
  readonly #refused: (code: string) => void;

  constructor(options: { isDraining: () => boolean; refused: (code: string) => void }) {
    this.#isDraining = options.isDraining;
    this.#refused = options.refused;
  }

  ownHeaders(call: Pick<Call, 'id'>): string[] {
    const headers = ['x-request-id', call.id];
    if (this.#isDraining()) headers.push('connection', 'close');
    return headers;
  }

  json(
    call: Pick<Call, 'id' | 'request' | 'response'>,
    status: number,
    body: string,
    extra: Readonly<Record<string, string>> = {},
  ): void {
    const { request, response } = call;
    if (response.destroyed || response.headersSent) return;
    const headers = this.ownHeaders(call);
    if (!request.complete && !headers.includes('connection') && extra.connection === undefined)
      headers.push('connection', 'close');
    for (const [name, value] of Object.entries(extra)) headers.push(name, value);
    response.writeHead(status, [
      'content-type',
      'application/json',
      'content-length',
      `${Buffer.byteLength(body)}`,
      ...headers,
    ]);
    if (request.complete) return void response.end(body);
    response.write(body);
    this.#lingerOver(call);
  }

  error(call: Pick<Call, 'id' | 'request' | 'response'>, dialect: Dialect, error: CallerError): void {
    this.#refused(error.code);
    const extra = dialect === 'anthropic' ? { 'request-id': call.id, ...error.headers } : { ...error.headers };
    this.json(call, error.status, errorBody(error, dialect, call.id), extra);
  }

  /**
   * The caller is still sending. Closing now would reset the connection and could tear the answer out of its
   * hands, so the rest is read and thrown away for a moment.
   */
  #lingerOver({ request, response }: Pick<Call, 'request' | 'response'>): void {
    const timer = setTimeout(close, lingerMs);
    function close(): void {
      clearTimeout(timer);
      response.end();
    }
    request.once('end', close).once('close', close).resume();
  }
}
