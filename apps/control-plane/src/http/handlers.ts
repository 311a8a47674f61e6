import type { ApiResponse, OperationId, Operations, ParsedApiRequest } from '@signalbox/contracts';
import type { Logger } from '@signalbox/runtime';
import type { Response } from 'express';
import type { Caller } from './caller.ts';

/** What a handler knows of the call beside its parsed request. */
export interface Call {
  caller: Caller;
  requestId: string;
  log: Logger;
  /** Aborts when the caller hung up or the process stops. */
  signal: AbortSignal;
  /** The ETag that the caller expects, as sent. */
  ifMatch: string | undefined;
  /** Of the last event that a stream's reader has seen. */
  lastEventId: string | undefined;
}

export interface Reply<Body> {
  body: Body;
  /** The version of the object in `body`. */
  version?: number;
}

/** Operations that answer with one document (or nothing) hand it back; streams write to the response themselves. */
export type Handler<Id extends OperationId> = Operations[Id]['answer'] extends 'json' | 'empty'
  ? (request: ParsedApiRequest<Id>, call: Call) => Promise<Reply<ApiResponse<Id>>>
  : (request: ParsedApiRequest<Id>, call: Call, response: Response) => Promise<void>;

export type Handlers = { readonly [Id in OperationId]: Handler<Id> };
