import { type Operation, type OperationId, operations } from '@signalbox/contracts';
import { AppError } from '@signalbox/domain';
import type { Logger } from '@signalbox/runtime';
import type { Request, RequestHandler, Response, Router } from 'express';
import type { Authenticator } from './authenticate.ts';
import { type Caller, demandRole } from './caller.ts';
import type { Call, Handlers, Reply } from './handlers.ts';
import { type Answer, type IdempotencyDeps, once } from './idempotency.ts';
import { factsOf } from './observe-requests.ts';
import { type ParsedRequest, parseRequest } from './parse-request.ts';
import { readBody } from './read-body.ts';

export interface OperationsDeps {
  authenticator: Authenticator;
  idempotency: IdempotencyDeps;
  log: Logger;
  /** Aborts when the process stops: streams end then. */
  stopping: AbortSignal;
}

type AnyHandler = (parsed: ParsedRequest, call: Call, response: Response) => Promise<Reply<unknown> | undefined>;

/** Puts every operation that has a handler on its path: token, role, body, validation, idempotency, answer. */
export function mountOperations(router: Router, handlers: Partial<Handlers>, deps: OperationsDeps): void {
  const methods = new Map<string, string[]>();
  for (const [id, operation] of Object.entries(operations) as [OperationId, Operation][]) {
    const handler = handlers[id] as AnyHandler | undefined;
    if (handler === undefined) continue;
    const path = operation.path.replace(/\{(\w+)\}/g, ':$1');
    const verb = operation.method.toLowerCase() as 'get' | 'post' | 'delete';
    methods.set(path, [...(methods.get(path) ?? []), operation.method]);
    router[verb](path, admit(id, operation, deps), ...readBody(operation), carryOut(operation, handler, deps));
  }
  for (const [path, allowed] of methods) router.all(path, refuseMethod(allowed));
}

/** Who is it, and may they: before anything of the body is read. */
function admit(id: OperationId, operation: Operation, { authenticator }: OperationsDeps): RequestHandler {
  return async (request, response, next) => {
    const facts = factsOf(response);
    facts.operation = id;
    const caller = await authenticator.authenticate(request.get('authorization'));
    facts.caller = caller.name;
    response.locals.identity = caller;
    demandRole(caller, operation.role);
    next();
  };
}

function carryOut(operation: Operation, handler: AnyHandler, deps: OperationsDeps): RequestHandler {
  return async (request, response) => {
    const parsed = parseRequest(operation, request);
    const call = callOf(request, response, deps);
    if (operation.answer === 'events' || operation.answer === 'lines') {
      // A stream's head could be sent, but its end would never come.
      if (request.method === 'HEAD') throw new AppError('request.method_not_allowed', { allowed: 'GET' });
      await handler(parsed, call, response);
      return;
    }
    const key = request.get('idempotency-key');
    const answer = await once(deps.idempotency, { operation, tokenId: call.caller.tokenId, key, parsed }, async () =>
      toAnswer(operation, await handler(parsed, call, response)),
    );
    send(response, answer);
  };
}

function toAnswer(operation: Operation, reply: Reply<unknown> | undefined): Answer {
  return {
    status: operation.mayBeEmpty === true && reply?.body === undefined ? 204 : operation.successStatus,
    body: reply?.body,
    ...(reply?.version === undefined ? {} : { version: reply.version }),
  };
}

function send(response: Response, answer: Answer & { replayed: boolean }): void {
  response.status(answer.status);
  if (answer.version !== undefined) response.setHeader('etag', `"${answer.version}"`);
  if (answer.replayed) response.setHeader('idempotency-replayed', 'true');
  if (answer.body === undefined) response.end();
  else response.type('application/json').send(JSON.stringify(answer.body));
}

function callOf(request: Request, response: Response, { log, stopping }: OperationsDeps): Call {
  const caller = response.locals.identity as Caller;
  const { requestId } = factsOf(response);
  return {
    caller,
    requestId,
    log: log.with({ requestId }),
    signal: hangUp(response, stopping),
    ifMatch: request.get('if-match'),
    lastEventId: request.get('last-event-id'),
  };
}

function hangUp(response: Response, stopping: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  stopping.addEventListener('abort', abort, { once: true });
  response.once('close', () => {
    stopping.removeEventListener('abort', abort);
    controller.abort();
  });
  if (stopping.aborted) abort();
  return controller.signal;
}

function refuseMethod(methods: readonly string[]): RequestHandler {
  const allowed = (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ');
  return () => {
    throw new AppError('request.method_not_allowed', { allowed });
  };
}
