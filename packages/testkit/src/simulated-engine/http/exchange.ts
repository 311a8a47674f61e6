import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Simulation } from '../simulation.ts';
import { ApiError, invalidField, invalidJson } from './api-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One request and its answer, with vLLM's headers in vLLM's order (it runs behind uvicorn). */
export class Exchange {
  readonly simulation: Simulation;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  responseBytes = 0;

  constructor(simulation: Simulation, request: IncomingMessage, response: ServerResponse, query: URLSearchParams) {
    this.simulation = simulation;
    this.request = request;
    this.response = response;
    this.query = query;
  }

  /** The client's X-Request-Id, or a new one, as vLLM makes its ids from it. */
  newId(): string {
    const given = this.request.headers['x-request-id'];
    return typeof given === 'string' && given !== '' ? given : shortId();
  }

  async body(): Promise<JsonObject> {
    const type = this.request.headers['content-type'] ?? '';
    const parts: Buffer[] = [];
    for await (const part of this.request) parts.push(part as Buffer);
    if (!type.toLowerCase().startsWith('application/json')) {
      const message = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed";
      throw new ApiError(400, 'Bad Request', message);
    }
    let body: unknown;
    try {
      body = JSON.parse(Buffer.concat(parts).toString('utf8'));
    } catch (error) {
      throw invalidJson(error);
    }
    if (!isObject(body))
      throw invalidField('body', 'model_attributes_type', 'Input should be a valid dictionary', body);
    return body;
  }

  json(body: unknown, status = 200): void {
    this.#send(status, JSON.stringify(body), 'application/json');
  }

  text(body: string, contentType: string): void {
    this.#send(200, body, contentType);
  }

  empty(status = 200): void {
    this.#head(status, ['content-length', '0']);
    this.response.end();
  }

  /** vLLM sends the head before the first token; a proxy must not take a 200 for a token. */
  startEvents(): void {
    this.#head(200, ['content-type', 'text/event-stream; charset=utf-8']);
    this.response.flushHeaders();
  }

  #send(status: number, body: string, contentType: string): void {
    this.responseBytes = Buffer.byteLength(body);
    this.#head(status, ['content-length', String(this.responseBytes), 'content-type', contentType]);
    this.response.end(body);
  }

  #head(status: number, own: readonly string[]): void {
    const { response, request, simulation } = this;
    response.sendDate = false;
    // uvicorn names neither; Node would, unless told that it was taken away.
    response.removeHeader('connection');
    const fields = ['date', new Date(simulation.clock.nowMs()).toUTCString(), 'server', 'uvicorn', ...own];
    fields.push('vary', 'Origin', 'x-simulated-engine', '1');
    const id = request.headers['x-request-id'];
    if (simulation.settings.enableRequestIdHeaders) {
      fields.push('x-request-id', typeof id === 'string' ? id : shortId());
    }
    response.writeHead(status, fields);
  }
}

export function shortId(): string {
  return randomUUID().replaceAll('-', '').slice(16);
}
