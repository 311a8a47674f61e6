import { setTimeout as sleepFor } from 'node:timers/promises';
import { type ApiRequest, type ApiResponse, type OperationId, type Operations, operations } from '@signalbox/contracts';
import { type Answer, ask } from './answer.ts';
import { type WatchItem, type WatchOptions, watchChanges } from './events.ts';
import { type CallOptions, type Connection, operationOf } from './exchange.ts';
import { type ListOperationId, listAll } from './list-all.ts';
import { baseUrl } from './request.ts';
import { eventsOf, linesOf, type StreamEvent } from './stream.ts';

export interface ClientOptions {
  /** Of the control plane, as `http://127.0.0.1:4600`. */
  url: string;
  /** Anything that keeps a token to itself until it is sent, as runtime's Secret. */
  token?: { reveal(): string } | undefined;
  userAgent: string;
  /** Unguessable and new at each call, as `crypto.randomUUID`; the caller's, so that tests can tell them. */
  newIdempotencyKey: () => string;
  /** Last sentence of what is said when nothing answers. */
  unreachableAdvice?: string;
  fetch?: typeof globalThis.fetch;
  /** For one attempt. */
  timeoutMs?: number;
  /** Ends every call. */
  signal?: AbortSignal | undefined;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

type IdsAnswering<Kind> = { [Id in OperationId]: Operations[Id]['answer'] extends Kind ? Id : never }[OperationId];
/** Operations that answer with one document. */
export type JsonOperationId = IdsAnswering<'json'>;

type Arguments<Id extends OperationId> =
  Record<never, never> extends ApiRequest<Id>
    ? [request?: ApiRequest<Id>, options?: CallOptions]
    : [request: ApiRequest<Id>, options?: CallOptions];

type Result<Id extends OperationId> = {
  json: Promise<ApiResponse<Id>>;
  empty: Promise<void>;
  lines: AsyncIterable<ApiResponse<Id>>;
  events: AsyncIterable<StreamEvent<ApiResponse<Id>>>;
}[Operations[Id]['answer']];

type Methods = { readonly [Id in OperationId]: (...args: Arguments<Id>) => Result<Id> };

export interface Client extends Methods {
  readonly url: string;
  /** As the method of that name, with the answer as it came, its ETag and request id. */
  call<Id extends JsonOperationId>(id: Id, ...args: Arguments<Id>): Promise<Answer<ApiResponse<Id>>>;
  /** All pages of a list as one answer. */
  listAll<Id extends ListOperationId>(id: Id, ...args: Arguments<Id>): Promise<Answer<ApiResponse<Id>>>;
  /** Changes as they happen, connecting again where the connection breaks. */
  events(options?: WatchOptions): AsyncIterable<WatchItem>;
}

const TIMEOUT_MS = 30_000;

/** A method per operation of the API, made from the table in contracts. */
export function createClient(options: ClientOptions): Client {
  const connection: Connection = {
    url: baseUrl(options.url),
    token: options.token,
    userAgent: options.userAgent,
    unreachableAdvice: options.unreachableAdvice,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    signal: options.signal,
    fetch: options.fetch ?? globalThis.fetch,
    sleep: options.sleep ?? sleep,
    newIdempotencyKey: options.newIdempotencyKey,
  };
  const ids = Object.keys(operations) as OperationId[];
  const methods = Object.fromEntries(ids.map((id) => [id, methodOf(connection, id)]));
  // One cast for the whole table: the types of each method are computed from the same table that made it.
  return {
    ...methods,
    url: connection.url,
    call: (id: OperationId, request = {}, callOptions = {}) => ask(connection, id, request, callOptions),
    listAll: (id: OperationId, request = {}, callOptions = {}) => listAll(connection, id, request, callOptions),
    events: (watch: WatchOptions = {}) => watchChanges(connection, watch),
  } as unknown as Client;
}

type AnyMethod = (request?: object, options?: CallOptions) => unknown;

function methodOf(connection: Connection, id: OperationId): AnyMethod {
  switch (operationOf(id).answer) {
    case 'lines':
      return (request = {}, options = {}) => linesOf(connection, id, request, options);
    case 'events':
      return (request = {}, options = {}) => eventsOf(connection, id, request, options);
    default:
      return async (request = {}, options = {}) => (await ask(connection, id, request, options)).value;
  }
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await sleepFor(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}
