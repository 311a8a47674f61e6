import type { z } from 'zod';

/** Who may call. Each of viewer, operator, admin may do what the ones before it may; a gateway may only be a gateway. */
export const API_ROLES = ['viewer', 'operator', 'admin', 'gateway'] as const;
export type ApiRole = (typeof API_ROLES)[number];

export interface OperationRequest {
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
}

/**
 * One operation of the API. The table of these makes the client, the routing and the OpenAPI document.
 * Paths write parameters as `{name}`.
 */
export interface Operation {
  method: 'GET' | 'POST' | 'DELETE';
  path: `/v1/${string}`;
  tag: string;
  summary: string;
  /** The least role that may call; `any` is every valid token. */
  role: ApiRole | 'any';
  request?: OperationRequest;
  /**
   * `json`: one document; `events`: server-sent events, each carrying `response` as data; `lines`: JSON lines, each
   * a `response`; `empty`: nothing.
   */
  answer: 'json' | 'events' | 'lines' | 'empty';
  response?: z.ZodType;
  successStatus: 200 | 201 | 204;
  /** There may be nothing to say: then the answer is 204 without a body. */
  mayBeEmpty?: true;
  /** Changes something: takes an Idempotency-Key. */
  mutating: boolean;
  /** Field of the answer that is shown once: an answer replayed by its Idempotency-Key has null there. */
  secretField?: string;
  /** Takes If-Match with the ETag that a read gave. */
  conditional?: boolean;
}

export type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

type PartOf<O, Part extends keyof OperationRequest> = O extends { request: { [K in Part]: infer S } } ? S : undefined;
type Parsed<S> = S extends z.ZodType ? DeepReadonly<z.output<S>> : undefined;
/** A part is left out where the operation has none, and may be left out where all its fields have defaults. */
type Sent<Part extends string, S> = S extends z.ZodType
  ? Record<never, never> extends z.input<S>
    ? { readonly [K in Part]?: DeepReadonly<z.input<S>> }
    : { readonly [K in Part]: DeepReadonly<z.input<S>> }
  : { readonly [K in Part]?: undefined };

/** What a caller passes: values before defaults. */
export type RequestOf<O> = Sent<'params', PartOf<O, 'params'>> &
  Sent<'query', PartOf<O, 'query'>> &
  Sent<'body', PartOf<O, 'body'>>;

/** What a handler gets: values after defaults and conversions. */
export interface ParsedRequestOf<O> {
  params: Parsed<PartOf<O, 'params'>>;
  query: Parsed<PartOf<O, 'query'>>;
  body: Parsed<PartOf<O, 'body'>>;
}

/** One document, or one item of a stream. */
export type ResponseOf<O> = O extends { response: infer S }
  ? S extends z.ZodType
    ? DeepReadonly<z.output<S>> | (O extends { mayBeEmpty: true } ? undefined : never)
    : undefined
  : undefined;
